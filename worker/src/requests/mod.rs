//! How the worker and its objects speak to each other. Each object has one enum of requests, and each request has one
//! type of reply, so that a request to the wrong object or a reply of the wrong type does not compile.
//!
//! A WebSocket is handed to an object with a signed [`handoff`] that says whose it is.

mod address;
mod assignment;
mod call;
mod envelope;
mod handoff;
mod lobby;
mod participant;
mod refusal;
mod rooms;
mod training;
mod watch;

pub use address::Address;
pub use assignment::{Assign, AssignGroup, AssignmentRequest, Forget, RecordGroup, RecordProgress};
pub use call::{call, call_near, hand_over, read_handoff, read_request, refuse, respond};
pub use envelope::ObjectRequest;
pub use handoff::{LobbyHandoff, RoomHandoff, TabHandoff};
pub use lobby::{GameEnded, LobbyRequest, PlayAlone};
pub use participant::{
    AfterDeletion, CancelGame, CompleteExperiment, Delete, Delivery, EnterLobby, FinishGame, JoinGame,
    LeadsTo, LobbyEntry, OpenPage, PageState, ParticipantRequest, RecordEvent, SubmitPage, SubmitReply,
};
pub use rooms::{CreateGame, RoomsRequest};
pub use training::{
    CountViewers, LearnBeside, Learnt, Rights, TrainingHandoff, TrainingRequest, ViewerCount,
};
pub use watch::{CountSessions, SessionCount, WatchHandoff, WatchRequest};
