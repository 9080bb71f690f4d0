//! The one error type. Every message names the op or argument, the value, and what is allowed.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A parameter of an op, or an argument of a call, outside what it allows.
    #[error("{place}: {argument}={value}: {allowed}")]
    Argument { place: String, argument: String, value: String, allowed: String },
    /// An argument of the wrong kind.
    #[error("{argument}: {message}")]
    Kind { argument: String, message: String },
    /// An image, target or neighbour that an op cannot work with.
    #[error("{place}: {message}")]
    Refused { place: String, message: String },
    /// A document that cannot be read.
    #[error("{place}: {message}")]
    Document { place: String, message: String },
    /// An argument that only a pipeline that draws nothing can do without.
    #[error("{0} is missing: {why}", why = why_needed(.0))]
    Missing(&'static str),
    /// More memory than there is.
    #[error("no memory for {what}: {bytes} bytes")]
    Memory { what: &'static str, bytes: u64 },
    /// What a custom op has failed with; whoever called it knows by the number.
    #[error("a custom op has failed")]
    Raised(u64),
    /// The caller wants the call to end.
    #[error("interrupted")]
    Interrupted,
    /// Any of these, met at one sample of a batch.
    #[error("{sample}: {source}")]
    Sample { sample: String, source: Box<Error> },
}

fn why_needed(argument: &str) -> &'static str {
    match argument {
        "seed" => "the seed decides every random value; without it nothing could be reproduced",
        "epoch" => {
            "without it every epoch would repeat the same augmentations; if there is only one, \
             epoch=0"
        }
        _ => {
            "without it all images would get the same augmentations; give each image's place in \
             the data set, or its key"
        }
    }
}

/// What is shown of a text in a message, however long it is: its start and its end.
pub fn brief(text: impl Display, most: usize) -> String {
    let text = text.to_string();
    if text.len() <= most {
        return text;
    }
    let start = text.floor_char_boundary(most * 2 / 3);
    let end = text.ceil_char_boundary(text.len() - most / 3);
    format!("{}...{}", &text[..start], &text[end..])
}

/// Of a value, a name or a path.
const MOST_VALUE: usize = 200;
/// Of a sentence.
const MOST_MESSAGE: usize = 1000;

/// Bytes of a document that are read; no pipeline has as many.
const LONGEST_DOCUMENT: usize = 1 << 24;

/// Plain data from JSON.
pub fn parse_json(place: &str, text: &str) -> Result<Value> {
    if text.len() > LONGEST_DOCUMENT {
        let message = format!("{} characters; at most {LONGEST_DOCUMENT}", text.len());
        return Err(Error::document(place, message));
    }
    // Editors of some systems begin files with this mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|e| Error::document(place, format!("not JSON: {e}")))
}

/// Of what is said of values that [`crate::bounds`] refuses: them, and what is allowed.
fn refused(said: &str) -> Option<(&str, &str)> {
    let found = said.strip_prefix("invalid value: ")?.split_once(", expected ")?;
    // Of what serde refuses itself it says first of what kind it is.
    let is_value = |c: char| c.is_ascii_digit() || "-([{\"".contains(c);
    let is_word = |value: &str| ["true", "false", "null"].contains(&value);
    Some(found).filter(|(value, _)| value.starts_with(is_value) || is_word(value))
}

/// What serde expects, as messages say it.
fn allowed(expected: &str) -> String {
    if let Some(count) = expected.strip_prefix("an array of length ") {
        return format!("a list of {count}");
    }
    match expected {
        "f64" => "a number",
        "u8" => "an integer within 0 to 255",
        "u32" => "an integer within 0 to 2^32-1",
        "u64" | "usize" => "an integer within 0 to 2^64-1",
        "i64" => "an integer within -2^63 to 2^63-1",
        "a boolean" => "true or false",
        "a string" | "string or map" => "a text",
        "a sequence" => "a list",
        _ if expected.starts_with("struct ") || expected == "a map" => "an object",
        _ => return expected.replace('`', "\""),
    }
    .into()
}

/// The part of plain data at a path.
fn at<'a>(value: &'a Value, path: &Path) -> &'a Value {
    path.iter().fold(value, |value, step| match step {
        Segment::Seq { index } => value.get(index).unwrap_or(value),
        Segment::Map { key } => value.get(key).unwrap_or(value),
        _ => value,
    })
}

impl Error {
    pub fn argument(
        place: impl Display,
        argument: impl Display,
        value: impl Display,
        allowed: impl Display,
    ) -> Self {
        Error::Argument {
            place: brief(place, MOST_VALUE),
            argument: brief(argument, MOST_VALUE),
            value: brief(value, MOST_VALUE),
            allowed: brief(allowed, MOST_MESSAGE),
        }
    }

    pub fn refused(place: impl Display, message: impl Display) -> Self {
        Error::Refused { place: brief(place, MOST_VALUE), message: brief(message, MOST_MESSAGE) }
    }

    pub fn document(place: impl Display, message: impl Display) -> Self {
        Error::Document { place: brief(place, MOST_VALUE), message: brief(message, MOST_MESSAGE) }
    }

    pub fn kind(argument: impl Display, message: impl Display) -> Self {
        Error::Kind { argument: brief(argument, MOST_VALUE), message: brief(message, MOST_MESSAGE) }
    }

    /// At the sample of this position in a batch; `index` as it was given.
    pub fn at(self, position: usize, index: Option<impl Display>) -> Self {
        if let Error::Missing(_) = self {
            return self;
        }
        let sample = match index {
            Some(index) => format!("sample {position} (index {})", brief(index, MOST_VALUE)),
            None => format!("sample {position}"),
        };
        Error::Sample { sample, source: Box::new(self) }
    }

    /// At another sample that one is mixed with.
    pub fn of_partner(self, position: u64) -> Self {
        match self {
            Error::Missing(_) => self,
            _ => Error::Sample { sample: format!("partner {position}"), source: Box::new(self) },
        }
    }

    /// An op's error under the name by which its pipeline knows the op.
    pub fn of(mut self, op: &str, known_as: &str) -> Self {
        if let Error::Argument { place, .. }
        | Error::Refused { place, .. }
        | Error::Document { place, .. }
        | Error::Kind { argument: place, .. } = &mut self
            && let Some(rest) = place.strip_prefix(op)
            && (rest.is_empty() || rest.starts_with(':'))
        {
            *place = format!("{}{rest}", brief(known_as, MOST_VALUE));
        }
        self
    }

    /// A document's part of a known form; what does not fit is named by its field.
    pub fn reading<T: DeserializeOwned>(place: &str, value: Value) -> Result<T> {
        serde_path_to_error::deserialize(&value).map_err(|e| {
            let (said, path) = (e.inner().to_string(), e.path().to_string());
            if let Some((value, allowed)) = refused(&said) {
                let field = path.split(['[', '.']).next().unwrap_or_default();
                return Error::argument(place, field, value, allowed);
            }
            let named = ["missing field", "unknown field"].iter().any(|s| said.starts_with(s));
            let (_, expected) = said.split_once(", expected ").unwrap_or(("", &said));
            match (path.as_str(), named) {
                (".", true) => Error::document(place, said),
                (path, true) => Error::document(format!("{place}: {path}"), said),
                (".", false) => {
                    Error::document(place, format!("{value} is not {}", allowed(expected)))
                }
                (path, false) => {
                    Error::argument(place, path, at(&value, e.path()), allowed(expected))
                }
            }
        })
    }

    /// What went wrong, wherever it was.
    pub fn cause(&self) -> &Error {
        match self {
            Error::Sample { source, .. } => source.cause(),
            _ => self,
        }
    }
}
