// regl is a classic script; this gives it to those that import it.
export default window.createREGL;
