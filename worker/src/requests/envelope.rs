//! The types that tie a request to its object and to its reply.

use serde::{Serialize, de::DeserializeOwned};

/// The classes of objects in this deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectClass {
    Participant,
    Lobby,
    Rooms,
    Assignment,
    Watch,
    Training,
}

impl ObjectClass {
    /// The name of the binding in `wrangler.toml`.
    pub fn binding(self) -> &'static str {
        match self {
            Self::Participant => "PARTICIPANT",
            Self::Lobby => "LOBBY",
            Self::Rooms => "ROOMS",
            Self::Assignment => "ASSIGNMENT",
            Self::Watch => "WATCH",
            Self::Training => "TRAINING",
        }
    }
}

/// All requests that objects of one class take: what travels to the object.
pub trait Envelope: Serialize + DeserializeOwned {
    /// The class that takes it.
    const OBJECT: ObjectClass;
}

/// A request to an object.
pub trait ObjectRequest: Into<Self::Envelope> {
    /// The requests of the object that takes it.
    type Envelope: Envelope;
    /// What the object replies.
    type Reply: Serialize + DeserializeOwned;
    /// The request's name, for the log.
    const NAME: &'static str;
}

/// Declares the requests of an object, each with its reply, as an enum. The object matches the enum exhaustively.
macro_rules! object_requests {
    ($(#[$doc:meta])* $envelope:ident to $class:ident { $($request:ident -> $reply:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        pub enum $envelope {
            $($request($request),)+
        }

        impl $crate::requests::envelope::Envelope for $envelope {
            const OBJECT: $crate::requests::envelope::ObjectClass =
                $crate::requests::envelope::ObjectClass::$class;
        }

        $(
            impl From<$request> for $envelope {
                fn from(request: $request) -> Self {
                    Self::$request(request)
                }
            }

            impl $crate::requests::envelope::ObjectRequest for $request {
                type Envelope = $envelope;
                type Reply = $reply;
                const NAME: &'static str = stringify!($request);
            }
        )+
    };
}

pub(super) use object_requests;

#[cfg(test)]
mod tests {
    use super::ObjectClass::*;

    #[test]
    fn every_class_is_exported_and_bound() {
        let configuration = include_str!("../../../examples/wrangler.toml");
        let script = include_str!("../../../footlights/cli/src/worker.js");
        for class in [Participant, Lobby, Rooms, Assignment, Watch, Training] {
            let bound = format!("{{ name = \"{}\", class_name = \"{class:?}\" }}", class.binding());
            assert!(configuration.contains(&bound), "{bound}");
            assert!(
                script.contains(&format!("export const {class:?} = object(module.{class:?}")),
                "{class:?}"
            );
        }
    }
}
