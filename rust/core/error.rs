//! The one error type. Every message names the op or argument, the value, and what is allowed.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_json::Value;

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
    /// More memory than there is.
    #[error("no memory for {what}: {bytes} bytes")]
    Memory { what: &'static str, bytes: u64 },
    /// The caller wants the call to end.
    #[error("interrupted")]
    Interrupted,
    /// Any of these, met at one sample of a batch.
    #[error("sample {position} (index {index}): {source}")]
    Sample { position: usize, index: u64, source: Box<Error> },
}

/// Bytes of a document that are read; no pipeline has as many.
const LONGEST_DOCUMENT: usize = 1 << 24;

/// Plain data from JSON.
pub fn parse_json(place: &str, text: &str) -> Result<Value> {
    if text.len() > LONGEST_DOCUMENT {
        let message = format!("{} characters; at most {LONGEST_DOCUMENT}", text.len());
        return Err(Error::document(place, message));
    }
    serde_json::from_str(text).map_err(|e| Error::document(place, e))
}

impl Error {
    pub fn argument(
        place: impl Display,
        argument: impl Display,
        value: impl Display,
        allowed: impl Display,
    ) -> Self {
        Error::Argument {
            place: place.to_string(),
            argument: argument.to_string(),
            value: value.to_string(),
            allowed: allowed.to_string(),
        }
    }

    pub fn refused(place: impl Display, message: impl Display) -> Self {
        Error::Refused { place: place.to_string(), message: message.to_string() }
    }

    pub fn document(place: impl Display, message: impl Display) -> Self {
        Error::Document { place: place.to_string(), message: message.to_string() }
    }

    pub fn kind(argument: impl Display, message: impl Display) -> Self {
        Error::Kind { argument: argument.to_string(), message: message.to_string() }
    }

    pub fn at(self, position: usize, index: u64) -> Self {
        Error::Sample { position, index, source: Box::new(self) }
    }

    /// A document's part of a known form; what does not fit is named by its field.
    pub fn reading<T: DeserializeOwned>(place: &str, value: Value) -> Result<T> {
        serde_path_to_error::deserialize(value).map_err(|e| {
            let said = e.inner().to_string();
            let (found, kind) = said.rsplit_once("expected ").unwrap_or((&said, ""));
            let message = match kind {
                "f64" => format!("{found}expected a number"),
                "u8" | "u32" | "u64" | "usize" | "i64" => format!("{found}expected an integer"),
                _ => said,
            };
            match e.path().to_string().as_str() {
                "." => Error::document(place, message),
                path => Error::document(format!("{place}: {path}"), message),
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
