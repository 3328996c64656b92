//! Tells cargo when the page or the samples that the binary embeds have changed.

fn main() -> std::io::Result<()> {
    // A watched folder that is missing would make every build start over; an empty one embeds nothing.
    for folder in ["../frontend/dist", "../e2e/samples"] {
        std::fs::create_dir_all(folder)?;
        println!("cargo::rerun-if-changed={folder}");
    }
    Ok(())
}
