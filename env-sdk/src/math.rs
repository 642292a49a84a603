//! Float functions whose results are the same bits on every target.
//!
//! `+ - * / sqrt` and rounding are exact in IEEE 754 and may be used directly. Everything beyond them differs between
//! a native C library and wasm, so it comes from the `libm` crate, which is compiled from the same Rust everywhere.

macro_rules! both {
    ($($(#[$doc:meta])* $name32:ident, $name64:ident, ($($arg:ident),+);)+) => {
        $(
            $(#[$doc])*
            pub fn $name32($($arg: f32),+) -> f32 { libm::$name32($($arg),+) }
            $(#[$doc])*
            pub fn $name64($($arg: f64),+) -> f64 { libm::$name64($($arg),+) }
        )+
    };
}

both! {
    /// Sine of an angle in radians.
    sinf, sin, (x);
    /// Cosine of an angle in radians.
    cosf, cos, (x);
    /// Tangent of an angle in radians.
    tanf, tan, (x);
    /// Arc sine, in radians.
    asinf, asin, (x);
    /// Arc cosine, in radians.
    acosf, acos, (x);
    /// Arc tangent, in radians.
    atanf, atan, (x);
    /// Four-quadrant arc tangent of `y / x`, in radians.
    atan2f, atan2, (y, x);
    /// e to the power of x.
    expf, exp, (x);
    /// Natural logarithm.
    logf, log, (x);
    /// x to the power of y.
    powf, pow, (x, y);
    /// Length of (x, y).
    hypotf, hypot, (x, y);
    /// Hyperbolic tangent.
    tanhf, tanh, (x);
}

/// The smaller one; `a` when they are equal, so that the sign of zero does not depend on the target.
pub fn min(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

/// The larger one; `a` when they are equal.
pub fn max(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// `x` kept within `[low, high]`.
pub fn clamp(x: f32, low: f32, high: f32) -> f32 {
    min(max(x, low), high)
}

/// `x` kept within `[low, high]`, in double precision.
pub fn clamp_f64(x: f64, low: f64, high: f64) -> f64 {
    if x < low {
        low
    } else if x > high {
        high
    } else {
        x
    }
}
