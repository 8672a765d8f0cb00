/**
 * Attention by ONNX Runtime in Node on an instance of seth. Needs `npm install onnxruntime-node`.
 *
 *     seth verify formula.cnf --oracle 'command:node onnx_attention.mjs {instance} {output.safetensors}'
 *     seth verify formula.cnf --oracle 'command-warm:node onnx_attention.mjs --warm'
 *
 * The model below is Mul, Gemm, Softmax, MatMul. In f32 it misses the top of `seth stress`, level 6, by a factor of 1.6
 * where 16,384 weights are added up (docs/stress.md); ONNX Runtime's MultiHeadAttention does not. For a model of your own, with inputs q, k, v (rows × columns) and scale
 * and the output out, put its file into $MODEL.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** A file is the length of a JSON header (8 bytes, little-endian), the header, and the data. */
function read(path) {
  const file = readFileSync(path);
  const begin = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, begin));
  if ('layout' in header.__metadata__) throw new Error('one head at a time here: no --layout');
  const tensor = (name) => {
    const { dtype, shape, data_offsets } = header[name];
    const [from, to] = data_offsets.map((offset) => begin + offset);
    const { buffer } = Uint8Array.prototype.slice.call(file, from, to); // a copy, at an address that arrays like
    if (dtype === 'F64') return { data: new Float64Array(buffer), shape };
    if (dtype === 'F32') return { data: new Float32Array(buffer), shape };
    if (dtype !== 'BF16') throw new Error(`no ${dtype} here: use f64, f32 or bf16`);
    const widened = Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16); // the upper half of a float32
    return { data: new Float32Array(widened.buffer), shape };
  };
  return { q: tensor('q'), k: tensor('k'), v: tensor('v'), scale: Number(header.__metadata__.scale) };
}

/** The tensor `out` of a safetensors file. */
function write(path, data, shape) {
  const dtype = data instanceof Float64Array ? 'F64' : 'F32';
  const header = JSON.stringify({ out: { dtype, shape, data_offsets: [0, data.byteLength] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  writeFileSync(path, Buffer.concat([length, Buffer.from(header), Buffer.from(data.buffer)]));
}

const sessions = new Map();

async function compute(instance, output) {
  const { q, k, v, scale } = read(instance);
  const isDouble = q.data instanceof Float64Array;
  const type = isDouble ? 'float64' : 'float32';
  if (!sessions.has(type)) {
    const bytes =
      process.env.MODEL === undefined ? model(isDouble ? 11 : 1) : readFileSync(process.env.MODEL);
    sessions.set(type, await InferenceSession.create(bytes, { logSeverityLevel: 3 }));
  }
  const tensor = ({ data, shape }) => new Tensor(type, data, shape);
  const factor = new q.data.constructor([scale]);
  const fixed = { k: tensor(k), v: tensor(v), scale: tensor({ data: factor, shape: [1] }) };
  const [rows, d] = q.shape;
  const columns = v.shape[1];
  const out = new q.data.constructor(rows * columns);
  for (let i = 0; i < rows; i += 256) {
    const to = Math.min(rows, i + 256);
    const block = tensor({ data: q.data.subarray(i * d, to * d), shape: [to - i, d] });
    out.set((await sessions.get(type).run({ q: block, ...fixed })).out.data, i * columns);
  }
  write(output, out, [rows, columns]);
}

/** An ONNX model is a protobuf message: fields of a number and either a whole number or bytes (onnx.proto). */
function model(type) {
  const varint = (x) => (x < 128 ? [x] : [(x & 127) | 128, ...varint(x >>> 7)]);
  const message = (...fields) =>
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [...varint(number << 3), ...varint(value)];
      const bytes = typeof value === 'string' ? [...Buffer.from(value)] : value;
      return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
    });
  const node = (operator, inputs, output, ...attributes) =>
    message(...inputs.map((x) => [1, x]), [2, output], [4, operator], ...attributes.map((x) => [5, x]));
  const value = (name, ...sizes) => {
    const shape = message(...sizes.map((size) => [1, message([2, size])]));
    return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
  };
  const transposed = message([1, 'transB'], [3, 1], [20, 2]);
  const graph = message(
    [1, node('Mul', ['q', 'scale'], 'scaled')],
    [1, node('Gemm', ['scaled', 'k'], 'logits', transposed)],
    [1, node('Softmax', ['logits'], 'weights')],
    [1, node('MatMul', ['weights', 'v'], 'out')],
    [2, 'attention'],
    ...[value('q', 'm', 'd'), value('k', 'n', 'd'), value('v', 'n', 'c'), value('scale', 'one')].map((x) => [
      11,
      x,
    ]),
    [12, value('out', 'm', 'c')],
  );
  return Uint8Array.from(message([1, 8], [7, graph], [8, message([1, ''], [2, 17])]));
}

if (process.argv[2] === '--warm') {
  for await (const line of createInterface({ input: process.stdin })) {
    const [instance, output] = line.split('\t');
    try {
      await compute(instance, output);
      console.log(`ok ${output}`);
    } catch (error) {
      console.log(`error ${String(error).replaceAll(/\s+/g, ' ')}`);
    }
  }
} else {
  await compute(process.argv[2], process.argv[3]);
}
