//! The programs that come with syscope to be tried: embedded in the binary, written into the store when one is run.

use std::fs;
use std::path::Path;

use rust_embed::RustEmbed;
use serde::Deserialize;
use syscope_shared::api::Example;

use super::folder::write_private;
use super::{Folder, SessionError, SessionId};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../e2e/samples"]
#[allow_missing = true]
struct Samples;

const INDEX: &str = "index.json";

/// A row of the samples' index.
#[derive(Debug, Deserialize)]
struct Sample {
    id: String,
    /// Its name in the folder.
    file: String,
    title: String,
    about: String,
    /// The program that runs it: an absolute path.
    interpreter: String,
}

/// Every example, in the order in which they are shown.
#[must_use]
pub fn examples() -> Vec<Example> {
    let row = |sample: Sample| Example { id: sample.id, title: sample.title, about: sample.about };
    index().into_iter().map(row).collect()
}

/// The command that runs an example, whose files are in the store's `examples` folder afterwards.
pub(super) fn command(folder: &Folder, id: &str) -> Result<Vec<String>, SessionError> {
    let sample = index().into_iter().find(|sample| sample.id == id).ok_or_else(|| {
        SessionError::Invalid(format!(
            "there is no example `{id}`: GET /api/examples lists those that there are"
        ))
    })?;
    let place = folder.subfolder("examples")?;
    for name in Samples::iter().filter(|name| *name != INDEX && !name.contains('/')) {
        if let Some(file) = Samples::get(&name) {
            place_file(&place.join(name.as_ref()), &file.data)?;
        }
    }
    Ok(vec![sample.interpreter, place.join(sample.file).display().to_string()])
}

fn index() -> Vec<Sample> {
    let Some(file) = Samples::get(INDEX) else { return Vec::new() };
    serde_json::from_slice(&file.data).unwrap_or_else(|error| {
        tracing::error!("the index of the examples is malformed: {error}");
        Vec::new()
    })
}

/// Puts a file where it belongs in one step: a running interpreter never sees half of it.
fn place_file(path: &Path, content: &[u8]) -> Result<(), SessionError> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    let unique = SessionId::generate()
        .map_err(|error| SessionError::io("name", path)(std::io::Error::other(error)))?;
    let fresh = path.with_extension(unique.as_str());
    write_private(&fresh, content)?;
    fs::rename(&fresh, path).map_err(SessionError::io("write", path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn every_example_is_there_and_its_files_are_its_owners_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        let examples = examples();
        assert!(!examples.is_empty());
        for example in examples {
            let command = command(&folder, &example.id).unwrap();
            let mode = fs::metadata(&command[1]).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", example.id);
        }
    }

    #[test]
    fn an_unknown_example_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        let refusal = command(&folder, "../../etc/passwd").unwrap_err();
        assert!(refusal.to_string().contains("/api/examples"));
    }
}
