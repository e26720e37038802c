# SPDX-License-Identifier: Apache-2.0
"""Flattened device trees as Python's lists and dictionaries (Devicetree Specification 0.4, chapter 5)."""

import struct

MAGIC, BEGIN, END, PROP, NOP, LAST = 0xD00DFEED, 1, 2, 3, 4, 9


class Node:
    """A node: its name, {property: bytes} and its nodes in order."""

    def __init__(self, name="", properties=(), nodes=()):
        self.name, self.properties, self.nodes = name, dict(properties), list(nodes)

    def walk(self, path=""):
        """(path, the nodes from the root down to it) of this node and all below."""
        yield path or "/", [self]
        for node in self.nodes:
            for below, way in node.walk(f"{path}/{node.name}"):
                yield below, [self, *way]

    def text(self, name):
        """The first string of a property; "" where it is absent."""
        return self.properties.get(name, b"").split(b"\0")[0].decode()

    def strings(self, name):
        return self.properties.get(name, b"\0").decode()[:-1].split("\0")

    def cells(self, name):
        data = self.properties.get(name, b"")
        return list(struct.unpack(f">{len(data) // 4}I", data[: len(data) // 4 * 4]))


def cells(*values):
    return struct.pack(f">{len(values)}I", *values)


def text(*strings):
    return b"".join(s.encode() + b"\0" for s in strings)


def read(data):
    """The root of a tree."""
    _, _, at, strings = struct.unpack_from(">4I", data)
    stack = [Node()]
    while True:
        (token,) = struct.unpack_from(">I", data, at)
        at += 4
        if token == BEGIN:
            end = data.index(b"\0", at)
            node = Node(data[at:end].decode())
            stack[-1].nodes.append(node)
            stack.append(node)
            at = end // 4 * 4 + 4
        elif token == PROP:
            size, name = struct.unpack_from(">2I", data, at)
            name = strings + name
            stack[-1].properties[data[name : data.index(b"\0", name)].decode()] = data[at + 8 : at + 8 + size]
            at += 8 + (size + 3) // 4 * 4
        elif token == END:
            stack.pop()
        elif token == LAST:
            return stack[0].nodes[0]


def write(root):
    """The tree's bytes, without memory reservations."""
    names, structure, strings = {}, bytearray(), bytearray()

    def put(node):
        structure.extend(cells(BEGIN) + node.name.encode() + b"\0" * (4 - len(node.name.encode()) % 4))
        for name, value in node.properties.items():
            if name not in names:
                names[name] = len(strings)
                strings.extend(text(name))
            structure.extend(cells(PROP, len(value), names[name]) + value + b"\0" * (-len(value) % 4))
        for below in node.nodes:
            put(below)
        structure.extend(cells(END))

    put(root)
    structure.extend(cells(LAST))
    size = 56 + len(structure) + len(strings)
    return cells(MAGIC, size, 56, 56 + len(structure), 40, 17, 16, 0, len(strings), len(structure)) + b"\0" * 16 + \
        structure + strings
