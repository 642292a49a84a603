/** An ONNX file that turns the axes 0 and 7 of two: the runtime takes the number for granted, and aborts. */
export function impossible() {
  const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
  const number = (field, value) => [...varint(field << 3), ...varint(value)];
  const bytes = (field, content) => [...varint((field << 3) | 2), ...varint(content.length), ...content];
  const text = (field, content) => bytes(field, Buffer.from(content));
  const dimensions = [1, 12].map((length) => bytes(1, number(1, length)));
  const tensor = [...number(1, 1), ...bytes(2, dimensions.flat())];
  const value = (name) => [...text(1, name), ...bytes(2, bytes(1, tensor))];
  const perm = [...text(1, "perm"), ...bytes(8, [0, 7]), ...number(20, 7)];
  const node = [...text(1, "obs"), ...text(2, "logits"), ...text(4, "Transpose"), ...bytes(5, perm)];
  const graph = [...bytes(1, node), ...text(2, "graph"), ...bytes(11, value("obs")), ...bytes(12, value("logits"))];
  return Buffer.from([...number(1, 8), ...bytes(8, number(2, 13)), ...bytes(7, graph)]);
}
