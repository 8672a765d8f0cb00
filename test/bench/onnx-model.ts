/**
 * ONNX models of attention, written as protobuf by hand: a message is a list of fields, a field a tag and a number,
 * a float or bytes. Field numbers are those of onnx.proto, IR version 8.
 */

type Field = readonly [number: number, value: number | string | Uint8Array | { readonly float: number }];

/** Attention in one fused operator, ONNX Runtime's own com.microsoft.MultiHeadAttention, which takes only f32. */
export function fusedModel(scale: number, headDim: number, valueDim: number): Uint8Array {
  const attributes = [integer('num_heads', 1), float('scale', scale)];
  return model(
    [node('MultiHeadAttention', ['q', 'k', 'v'], 'out', attributes, 'com.microsoft')],
    { q: [1, 'queries', headDim], k: [1, 'keys', headDim], v: [1, 'keys', valueDim] },
    { out: [1, 'queries', valueDim] },
    floatType,
  );
}

/** Attention as Gemm (which takes the scale and the transposition), Softmax and MatMul. */
export function plainModel(dtype: 'f64' | 'f32', headDim: number, valueDim: number): Uint8Array {
  return model(
    [
      node('Mul', ['q', 'scale'], 'scaled', []),
      node('Gemm', ['scaled', 'k'], 'logits', [integer('transB', 1)]),
      node('Softmax', ['logits'], 'weights', [integer('axis', -1)]),
      node('MatMul', ['weights', 'v'], 'out', []),
    ],
    { q: ['queries', headDim], k: ['keys', headDim], v: ['keys', valueDim], scale: [1] },
    { out: ['queries', valueDim] },
    dtype === 'f64' ? doubleType : floatType,
  );
}

const floatType = 1;
const doubleType = 11;

type Shapes = Readonly<Record<string, readonly (number | string)[]>>;

function model(nodes: readonly Uint8Array[], inputs: Shapes, outputs: Shapes, type: number): Uint8Array {
  const graph = message([
    ...nodes.map((bytes): Field => [1, bytes]),
    [2, 'attention'],
    ...Object.entries(inputs).map(([name, shape]): Field => [11, valueInfo(name, shape, type)]),
    ...Object.entries(outputs).map(([name, shape]): Field => [12, valueInfo(name, shape, type)]),
  ]);
  const opset = (domain: string, version: number): Uint8Array =>
    message([
      [1, domain],
      [2, version],
    ]);
  return message([
    [1, 8],
    [7, graph],
    [8, opset('', 17)],
    [8, opset('com.microsoft', 1)],
  ]);
}

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Uint8Array[],
  domain = '',
): Uint8Array {
  return message([
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [4, operator],
    ...attributes.map((bytes): Field => [5, bytes]),
    [7, domain],
  ]);
}

const integer = (name: string, value: number): Uint8Array =>
  message([
    [1, name],
    [3, value],
    [20, 2],
  ]);

const float = (name: string, value: number): Uint8Array =>
  message([
    [1, name],
    [2, { float: value }],
    [20, 1],
  ]);

function valueInfo(name: string, shape: readonly (number | string)[], type: number): Uint8Array {
  const dimensions = shape.map((size): Field => [1, message([[typeof size === 'number' ? 1 : 2, size]])]);
  return message([
    [1, name],
    [
      2,
      message([
        [
          1,
          message([
            [1, type],
            [2, message(dimensions)],
          ]),
        ],
      ]),
    ],
  ]);
}

function message(fields: readonly Field[]): Uint8Array {
  return Uint8Array.from(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [...varint(number << 3), ...varint(value)];
      if (typeof value === 'object' && 'float' in value) {
        return [(number << 3) | 5, ...new Uint8Array(Float32Array.of(value.float).buffer)];
      }
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
    }),
  );
}

/** Seven bits a byte, the lowest first; a negative number as 64 bits of two's complement. */
function varint(value: number): number[] {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}
