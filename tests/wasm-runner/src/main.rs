//! wasm-bindgen's test runner, as a library: cargo keeps its version equal to that of the crates, and nothing is installed.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
