// A ZIP as a Map from names to bytes, by its central directory: what a test needs, and no more.
import { inflateRawSync } from "node:zlib";

export function unzip(bytes) {
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0) throw new Error("the ZIP has no directory: it is not whole");
  const files = new Map();
  let at = bytes.readUInt32LE(end + 16);
  for (let k = 0; k < bytes.readUInt16LE(end + 10); k++) {
    const [method, packed, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)];
    const [name, extra, comment] = [28, 30, 32].map((place) => bytes.readUInt16LE(at + place));
    const path = bytes.toString("utf8", at + 46, at + 46 + name);
    const local = bytes.readUInt32LE(at + 42);
    const data = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const raw = bytes.subarray(data, data + packed);
    const content = method === 8 ? inflateRawSync(raw) : Buffer.from(raw);
    if (content.length !== size) throw new Error(`${path}: ${content.length} bytes, the directory says ${size}`);
    if (files.has(path)) throw new Error(`${path} is there twice`);
    files.set(path, content);
    at += 46 + name + extra + comment;
  }
  return files;
}

/** CSV after RFC 4180: the header, and the rows as objects; a ragged one is an error. */
export function csv(bytes) {
  const text = bytes.toString("utf8");
  const lines = [];
  let line = [], field = "", quoted = false;
  for (let k = 0; k < text.length; k++) {
    const c = text[k];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[k + 1] === '"') (field += c), k++;
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ",") line.push(field), (field = "");
    else if (c === "\n") line.push(field), lines.push(line), (line = []), (field = "");
    else field += c;
  }
  if (quoted || field || line.length) throw new Error("the CSV does not end with a line");
  const [header, ...rows] = lines;
  for (const row of rows) {
    if (row.length !== header.length) throw new Error(`ragged: ${row.length} fields for ${header.length} columns`);
  }
  return { header, rows: rows.map((row) => Object.fromEntries(header.map((name, k) => [name, row[k]]))) };
}
