// V8's opinion on a call of the differential test, printed as the test prints an observation:
//
//   node --experimental-wasm-type-reflection --experimental-wasm-extended-const v8.mjs FILE.wasm NAME [ARGS, in hex, with commas]
//
// The imports and the digest are those of `peer.rs`.
import fs from "fs";

const [file, name, args] = process.argv.slice(2);
const module = new WebAssembly.Module(fs.readFileSync(file));

let digest = 0xcbf29ce484222325n;
function add(value) {
  digest = BigInt.asUintN(64, (digest ^ value) * 0x9e3779b97f4a7c15n);
  digest = BigInt.asUintN(64, digest << 29n) | (digest >> 35n);
}

const scratch = new DataView(new ArrayBuffer(8));
function bits(type, value) {
  switch (type) {
    case "i32": return BigInt(value >>> 0);
    case "i64": return BigInt.asUintN(64, value);
    case "f32": scratch.setFloat32(0, value); return BigInt(scratch.getUint32(0));
    case "f64": scratch.setFloat64(0, value); return scratch.getBigUint64(0);
    default: return value === null ? 0n : 1n;
  }
}

function fromBits(type, bits) {
  switch (type) {
    case "i32": return Number(BigInt.asIntN(32, bits));
    case "i64": return BigInt.asIntN(64, bits);
    case "f32": scratch.setUint32(0, Number(BigInt.asUintN(32, bits))); return scratch.getFloat32(0);
    case "f64": scratch.setBigUint64(0, bits); return scratch.getFloat64(0);
    default: return null;
  }
}

// One result is a value, several are an array, none is undefined.
const spread = (types, value) => (types.length === 0 ? [] : types.length === 1 ? [value] : [...value]);
const gather = (values) => (values.length < 2 ? values[0] : values);

function importOf(kind, type) {
  switch (kind) {
    case "function":
      return new WebAssembly.Function(type, (...params) => {
        params.forEach((param, index) => add(bits(type.parameters[index], param)));
        return gather(type.results.map((result) => fromBits(result, 7n)));
      });
    case "global": return new WebAssembly.Global({ value: type.value, mutable: type.mutable }, fromBits(type.value, 5n));
    case "table": {
      const element = type.element === "funcref" ? "anyfunc" : type.element;
      return new WebAssembly.Table({ element, initial: type.minimum, maximum: type.maximum }, null);
    }
    case "memory": return new WebAssembly.Memory({ initial: type.minimum, maximum: type.maximum });
  }
}

const imports = {};
for (const item of WebAssembly.Module.imports(module)) {
  (imports[item.module] ??= {})[item.name] = importOf(item.kind, item.type);
}

let instance;
try {
  instance = new WebAssembly.Instance(module, imports);
} catch (error) {
  console.log(`NoInstance("${error.message}"), state: ${digest.toString(16)}`);
  process.exit();
}

const exported = WebAssembly.Module.exports(module);
const { type } = exported.find((item) => item.name === name && item.kind === "function");
const given = args ? args.split(",").map((arg) => BigInt(`0x${arg.trim()}`)) : [];
let outcome;
try {
  const results = instance.exports[name](...type.parameters.map((param, index) => fromBits(param, given[index])));
  const found = spread(type.results, results).map((result, index) => bits(type.results[index], result).toString(16));
  outcome = `Returned([${found.join(", ")}])`;
} catch (error) {
  outcome = `Trapped("${error.message}")`;
}

// By the bytes of their names, as Rust compares strings.
exported.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
for (const { name, kind, type } of exported) {
  const value = instance.exports[name];
  if (kind === "global") add(bits(type.value, value.value));
  if (kind === "memory") {
    add(BigInt(value.buffer.byteLength));
    new BigUint64Array(value.buffer).forEach(add);
  }
  if (kind === "table") for (let index = 0; index < value.length; index++) add(value.get(index) === null ? 0n : 1n);
}
console.log(`${outcome}, state: ${digest.toString(16)}`);
