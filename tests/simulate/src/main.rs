//! The command `simulate` with the experiments of the tests.

fn main() -> std::process::ExitCode {
    footlights_simulate::main(footlights_test_lab::app)
}
