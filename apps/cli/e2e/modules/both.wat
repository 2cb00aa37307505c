;; Writes a line to its output, one to its errors, and one without an end to its output.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "out\nerr\nrest")
  (func $print (param $to i32) (param $at i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.const 4))
    (drop (call $fd_write (local.get $to) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
    (call $print (i32.const 1) (i32.const 32))
    (call $print (i32.const 2) (i32.const 36))
    (call $print (i32.const 1) (i32.const 40))))
