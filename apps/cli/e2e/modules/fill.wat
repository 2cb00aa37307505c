;; Writes 24 MiB of random bytes to /outputs/large; its exit code is the first error, or 0.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "outputs/large")

  (func $check (param $error i32)
    (if (local.get $error) (then (call $proc_exit (local.get $error)))))

  (func (export "_start") (local $left i32)
    ;; The one preopened folder, /, has descriptor 3. Rights: 64 writes; flags 9 create and empty.
    (call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 13)
      (i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))
    (i32.store (i32.const 16) (i32.const 65536))
    (i32.store (i32.const 20) (i32.const 65536))
    (local.set $left (i32.const 384))
    (loop $more
      (call $check (call $random_get (i32.const 65536) (i32.const 65536)))
      (call $check (call $fd_write (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 8)))
      (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
