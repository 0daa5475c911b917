/** The build puts ONNX Runtime Web beside engine.js (export/site.py). */
declare module "*/ort.wasm.min.mjs" {
  export * from "onnxruntime-web";
}
