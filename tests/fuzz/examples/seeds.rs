//! Writes the corpus: `cargo run --manifest-path tests/fuzz/Cargo.toml --example seeds`.

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, name, input) in fuzz::seeds() {
        fs::create_dir_all(corpus.join(target))?;
        fs::write(corpus.join(target).join(name), input)?;
    }
    Ok(())
}
