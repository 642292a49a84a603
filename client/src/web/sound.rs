//! The one sound: two tones that call a participant back to the page.

use web_sys::{AudioContext, OscillatorType};

use footlights_canvas::dom::{Result, warn};

/// Frequencies in Hz and when they start, in seconds.
const TONES: [(f32, f64); 2] = [(660.0, 0.0), (880.0, 0.18)];
const LENGTH: f64 = 0.3;
const LOUDNESS: f32 = 0.15;

/// Plays it where the browser allows that; a page that was never clicked may stay silent.
pub fn call() {
    if let Err(error) = play() {
        warn("no sound", &error);
    }
}

fn play() -> Result<()> {
    let audio = AudioContext::new()?;
    let _ = audio.resume()?;
    for (frequency, delay) in TONES {
        let start = audio.current_time() + delay;
        let (tone, volume) = (audio.create_oscillator()?, audio.create_gain()?);
        tone.set_type(OscillatorType::Sine);
        tone.frequency().set_value(frequency);
        volume.gain().set_value_at_time(0.0, start)?;
        volume.gain().linear_ramp_to_value_at_time(LOUDNESS, start + 0.02)?;
        volume.gain().exponential_ramp_to_value_at_time(0.001, start + LENGTH)?;
        tone.connect_with_audio_node(&volume)?;
        volume.connect_with_audio_node(&audio.destination())?;
        tone.start_with_when(start)?;
        tone.stop_with_when(start + LENGTH)?;
    }
    Ok(())
}
