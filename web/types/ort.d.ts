/** The build puts ONNX Runtime Web beside engine.js (export/site.py). */
declare module "*/ort.wasm.min.js" {
  export * from "onnxruntime-web";
}
