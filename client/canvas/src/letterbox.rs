//! A picture's place in its box.

/// The largest box of the shape `inner` that fits into `outer`, both as (width, height).
pub fn letterbox(inner: (f64, f64), outer: (f64, f64)) -> (f64, f64) {
    if inner.0 <= 0.0 || inner.1 <= 0.0 {
        return outer;
    }
    let scale = (outer.0 / inner.0).min(outer.1 / inner.1).max(0.0);
    (inner.0 * scale, inner.1 * scale)
}

#[cfg(test)]
mod tests {
    use super::letterbox;

    #[test]
    fn a_picture_keeps_its_shape_in_every_window() {
        assert_eq!(letterbox((48.0, 24.0), (360.0, 640.0)), (360.0, 180.0));
        assert_eq!(letterbox((48.0, 24.0), (3840.0, 1800.0)), (3600.0, 1800.0));
        assert_eq!(letterbox((0.0, 24.0), (10.0, 10.0)), (10.0, 10.0));
        assert_eq!(letterbox((48.0, 24.0), (0.0, 100.0)), (0.0, 0.0));
    }
}
