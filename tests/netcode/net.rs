//! A virtual network, from a seed: what is sent over a line arrives in order and complete, as over TCP, but late. What
//! is lost shows as a stall of everything behind it.

use std::collections::VecDeque;

use footlights_env::{Rng, Stream};

/// How a line is. Times are in milliseconds and one way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// Added to every message.
    pub delay: f64,
    /// Added to every message, uniform from 0 to this.
    pub jitter: f64,
    /// Part of the messages that must be sent again, 0 to 1.
    pub loss: f64,
    /// How long it takes to send one again.
    pub resend: f64,
}

impl Weather {
    /// A steady line.
    pub const fn steady(delay: f64) -> Self {
        Self { delay, jitter: 0.0, loss: 0.0, resend: 0.0 }
    }
}

/// One direction of one connection.
pub struct Line {
    pub weather: Weather,
    rng: Rng,
    last: f64,
    /// (arrival, bytes).
    queue: VecDeque<(f64, Vec<u8>)>,
}

impl Line {
    pub fn new(weather: Weather, seed: u64) -> Self {
        Self { weather, rng: Rng::derive(seed, Stream::Order, 0, 0), last: 0.0, queue: VecDeque::new() }
    }

    pub fn send(&mut self, now: f64, bytes: Vec<u8>) {
        let Weather { delay, jitter, loss, resend } = self.weather;
        let mut trip = delay + jitter * self.rng.unit_f64();
        if self.rng.unit_f64() < loss {
            trip += resend;
        }
        self.last = self.last.max(now + trip);
        self.queue.push_back((self.last, bytes));
    }

    /// Nothing arrives before `until`.
    pub fn stall(&mut self, until: f64) {
        self.last = self.last.max(until);
        for (arrival, _) in &mut self.queue {
            *arrival = arrival.max(until);
        }
    }

    pub fn arrived(&mut self, now: f64) -> Option<Vec<u8>> {
        self.queue.pop_front_if(|(at, _)| *at <= now).map(|(_, bytes)| bytes)
    }
}
