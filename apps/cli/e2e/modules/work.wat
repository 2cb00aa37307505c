;; Takes two numbers as arguments: goes so many steps of a xorshift generator from a seed, and writes where it got to,
;; as eight hexadecimal digits and a line end.
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "0123456789abcdef")

  ;; The decimal number at an address, up to its zero byte.
  (func $parse (param $at i32) (result i32) (local $number i32) (local $digit i32)
    (block $end
      (loop $next
        (br_if $end (i32.eqz (local.tee $digit (i32.load8_u (local.get $at)))))
        (local.set $number
          (i32.add
            (i32.mul (local.get $number) (i32.const 10))
            (i32.sub (local.get $digit) (i32.const 48))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $number))

  (func $walk (param $steps i32) (param $state i32) (result i32)
    (block $end
      (loop $next
        (br_if $end (i32.eqz (local.get $steps)))
        (local.set $state (i32.xor (local.get $state) (i32.shl (local.get $state) (i32.const 13))))
        (local.set $state (i32.xor (local.get $state) (i32.shr_u (local.get $state) (i32.const 17))))
        (local.set $state (i32.xor (local.get $state) (i32.shl (local.get $state) (i32.const 5))))
        (local.set $steps (i32.sub (local.get $steps) (i32.const 1)))
        (br $next)))
    (local.get $state))

  ;; Pointers to the arguments go to 128; the first of them is the module's own, empty, name.
  (func (export "_start") (local $state i32) (local $digit i32)
    (drop (call $args_get (i32.const 128) (i32.const 256)))
    (local.set $state
      (call $walk
        (call $parse (i32.load (i32.const 132)))
        (call $parse (i32.load (i32.const 136)))))
    (loop $next
      (i32.store8
        (i32.add (i32.const 64) (local.get $digit))
        (i32.load8_u (i32.add (i32.const 16) (i32.and (i32.rotl (local.get $state)
          (i32.mul (i32.add (local.get $digit) (i32.const 1)) (i32.const 4))) (i32.const 15)))))
      (local.set $digit (i32.add (local.get $digit) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $digit) (i32.const 8))))
    (i32.store8 (i32.const 72) (i32.const 10))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 9))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
