//! The products of small matrices that networks are made of, with sums in one fixed order, so that every machine learns
//! the same bits.

/// Rows and columns of a block whose sums stay in registers.
const ROWS: usize = 4;
const COLUMNS: usize = 8;

/// `c += a * b`, row-major: `a` is m × k, `b` k × n and `c` m × n. Slices that are too short end the work early.
pub fn multiply_add(a: &[f32], b: &[f32], c: &mut [f32], k: usize, n: usize) {
    let mut a_rows = a.chunks_exact(k * ROWS);
    let mut c_rows = c.chunks_exact_mut(n * ROWS);
    for (a, c) in a_rows.by_ref().zip(c_rows.by_ref()) {
        four_rows(a, b, c, k, n);
    }
    for (a, c) in a_rows.remainder().chunks_exact(k).zip(c_rows.into_remainder().chunks_exact_mut(n)) {
        for (x, b) in a.iter().zip(b.chunks_exact(n)) {
            for (sum, weight) in c.iter_mut().zip(b) {
                *sum += x * weight;
            }
        }
    }
}

fn four_rows(a: &[f32], b: &[f32], c: &mut [f32], k: usize, n: usize) {
    let (a0, rest) = a.split_at(k);
    let (a1, rest) = rest.split_at(k);
    let (a2, a3) = rest.split_at(k);
    let (c0, rest) = c.split_at_mut(n);
    let (c1, rest) = rest.split_at_mut(n);
    let (c2, c3) = rest.split_at_mut(n);
    let whole = n - n % COLUMNS;
    for column in (0..whole).step_by(COLUMNS) {
        let mut sums = [[0.0f32; COLUMNS]; ROWS];
        let inputs = a0.iter().zip(a1).zip(a2).zip(a3);
        for ((((x0, x1), x2), x3), row) in inputs.zip(b.chunks_exact(n)) {
            let Some(weights) = row.get(column..).and_then(|row| row.first_chunk::<COLUMNS>()) else {
                return;
            };
            for (sums, x) in sums.iter_mut().zip([x0, x1, x2, x3]) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += x * weight;
                }
            }
        }
        for (c, sums) in [&mut *c0, &mut *c1, &mut *c2, &mut *c3].into_iter().zip(&sums) {
            for (slot, sum) in c.iter_mut().skip(column).zip(sums) {
                *slot += sum;
            }
        }
    }
    for column in whole..n {
        for (a, c) in [a0, a1, a2, a3].into_iter().zip([&mut *c0, &mut *c1, &mut *c2, &mut *c3]) {
            let weights = b.iter().skip(column).step_by(n);
            let sum: f32 = a.iter().zip(weights).map(|(x, weight)| x * weight).sum();
            if let Some(slot) = c.get_mut(column) {
                *slot += sum;
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
            let a: Vec<f32> = (0..m * k).map(number).collect();
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
