//! The runtime registers its kernels in constructors, which run before `main`. A wasm module has no `main`: the linker
//! then runs all of them at the start of every function that JavaScript calls, thirty times a second and game. A module
//! that runs them itself is left alone.

/// Runs them, once.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "the linker's own function has no safe name")]
pub fn run() {
    static ONCE: std::sync::Once = std::sync::Once::new();

    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    // SAFETY: the linker makes this function; it takes nothing, returns nothing, and is called once.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
}

/// Natively they have run.
#[cfg(not(target_family = "wasm"))]
pub fn run() {}
