//! The products of small matrices that networks are made of, with sums in one fixed order, so that every machine learns
//! the same bits.

/// Rows and columns of a block whose sums stay in registers.
const ROWS: usize = 4;
const COLUMNS: usize = 8;

/// `c += a * b`, row-major: `a` is m × k, `b` k × n and `c` m × n. Slices that are too short end the work early.
///
/// Zeros of `a` cost next to nothing where all rows of a block have them, as with observations that are mostly zeros.
pub fn multiply_add(a: &[f32], b: &[f32], c: &mut [f32], k: usize, n: usize) {
    let mut a_rows = a.chunks_exact(k * ROWS);
    let mut c_rows = c.chunks_exact_mut(n * ROWS);
    let mut used = Vec::with_capacity(k);
    for (a, c) in a_rows.by_ref().zip(c_rows.by_ref()) {
        four_rows(a, b, c, (k, n), &mut used);
    }
    for (a, c) in a_rows.remainder().chunks_exact(k).zip(c_rows.into_remainder().chunks_exact_mut(n)) {
        for (x, b) in a.iter().zip(b.chunks_exact(n)).filter(|(x, _)| **x != 0.0) {
            for (sum, weight) in c.iter_mut().zip(b) {
                *sum += x * weight;
            }
        }
    }
}

/// `used` is room for what is not zero: its place in `b`, and the numbers of the four rows.
fn four_rows(
    a: &[f32],
    b: &[f32],
    c: &mut [f32],
    (k, n): (usize, usize),
    used: &mut Vec<(usize, [f32; ROWS])>,
) {
    let (a0, rest) = a.split_at(k);
    let (a1, rest) = rest.split_at(k);
    let (a2, a3) = rest.split_at(k);
    let inputs = a0.iter().zip(a1).zip(a2).zip(a3).map(|(((x0, x1), x2), x3)| [*x0, *x1, *x2, *x3]);
    used.clear();
    used.extend((0..).step_by(n).zip(inputs).filter(|(_, xs)| *xs != [0.0; ROWS]));
    let whole = n - n % COLUMNS;
    for column in (0..whole).step_by(COLUMNS) {
        let mut sums = [[0.0f32; COLUMNS]; ROWS];
        for (row, xs) in used.iter() {
            let Some(weights) = b.get(row + column..).and_then(|row| row.first_chunk::<COLUMNS>()) else {
                return;
            };
            for (sums, x) in sums.iter_mut().zip(xs) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += x * weight;
                }
            }
        }
        for (c, sums) in c.chunks_exact_mut(n).zip(&sums) {
            for (slot, sum) in c.iter_mut().skip(column).zip(sums) {
                *slot += sum;
            }
        }
    }
    for column in whole..n {
        for (number, c) in c.chunks_exact_mut(n).enumerate() {
            let products = used.iter().map(|(row, xs)| {
                xs.get(number).copied().unwrap_or_default() * b.get(row + column).copied().unwrap_or_default()
            });
            if let Some(slot) = c.get_mut(column) {
                *slot += products.sum::<f32>();
            }
        }
    }
}

/// The matrix `a` of so many columns with rows and columns exchanged, into `out`.
pub fn transpose(a: &[f32], columns: usize, out: &mut Vec<f32>) {
    out.clear();
    for column in 0..columns {
        out.extend(a.iter().skip(column).step_by(columns.max(1)));
    }
}

/// Eight partial sums: SIMD in a fixed order.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a8.zip(b8) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_the_sum_of_products_for_every_shape() {
        for (m, k, n) in [(1, 1, 1), (4, 3, 8), (5, 7, 9), (9, 4, 17), (32, 72, 5)] {
            let number = |i: usize| (i * 7919 % 23) as f32 - 11.0;
            // Some of it is zero, in all rows of a block.
            let a: Vec<f32> = (0..m * k).map(|i| if i % k % 3 == 1 { 0.0 } else { number(i) }).collect();
            let b: Vec<f32> = (0..k * n).map(number).collect();
            let mut c: Vec<f32> = (0..m * n).map(number).collect();
            let expected: Vec<f32> = (0..m * n)
                .map(|at| number(at) + (0..k).map(|i| a[at / n * k + i] * b[i * n + at % n]).sum::<f32>())
                .collect();
            multiply_add(&a, &b, &mut c, k, n);
            assert_eq!(c, expected, "{m} {k} {n}");
            let mut once = Vec::new();
            transpose(&a, k, &mut once);
            let mut twice = Vec::new();
            transpose(&once, m, &mut twice);
            assert_eq!(a, twice);
        }
    }
}
