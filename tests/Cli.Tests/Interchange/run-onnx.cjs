// Computes ONNX models with onnxruntime, one after another: each line of the standard input is {"model", "shape", "input", "output"}, the
// files of raw float32 numbers read and written; each line of the standard output {"outputs": [{"name", "shape"}, ...]} or {"error"}. The outputs'
// numbers lie one behind the other. ONNXRUNTIME_NODE names the folder node_modules that has the package onnxruntime-node.
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const ort = require(path.join(process.env.ONNXRUNTIME_NODE, 'onnxruntime-node'));

async function run({ model, shape, input, output }) {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const bytes = fs.readFileSync(input);
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const results = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', numbers, shape) });
  const tensors = session.outputNames.map(name => results[name]);
  fs.writeFileSync(output, Buffer.concat(tensors.map(tensor => Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength))));
  await session.release();
  return { outputs: session.outputNames.map((name, i) => ({ name, shape: tensors[i].dims })) };
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer;
    try {
      answer = await run(JSON.parse(line));
    } catch (error) {
      answer = { error: String(error) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
})();
