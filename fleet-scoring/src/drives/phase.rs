//! What a driver wants for the next seconds.

use fleet_core::event::AlertKind;

/// The pedals.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pedals {
    /// A steady acceleration, m/s², until the speed is reached, m/s.
    To { accel: f64, speed: f64 },
    /// Holds a speed, m/s, with a wobble of this deviation, m/s², for some seconds.
    Hold {
        speed: f64,
        wobble: f64,
        seconds: f64,
    },
}

/// The steering wheel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Steering {
    Straight,
    /// A turn of this lateral acceleration, m/s², positive to the left, through an angle, radians.
    Turn {
        lateral: f64,
        angle: f64,
    },
    /// A change of lanes: one period of a sine of the lateral acceleration, m/s².
    Swerve {
        lateral: f64,
        seconds: f64,
    },
}

/// One part of a manoeuvre. It ends with the pedals, or with the steering where there is any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phase {
    pub(crate) pedals: Pedals,
    pub(crate) steering: Steering,
    /// How fast the acceleration follows the pedals, seconds.
    pub(crate) lag_s: f64,
    /// The kind of harsh event that the driver does here on purpose.
    pub(crate) harsh: Option<AlertKind>,
    /// Whether there is a speed bump.
    pub(crate) bump: bool,
}

impl Phase {
    pub(crate) const fn hold(speed: f64, wobble: f64, seconds: f64) -> Self {
        Self {
            pedals: Pedals::Hold {
                speed,
                wobble,
                seconds,
            },
            steering: Steering::Straight,
            lag_s: 0.4,
            harsh: None,
            bump: false,
        }
    }

    /// Changes the speed to this one. The sign of the acceleration follows from the speeds.
    pub(crate) const fn to(accel: f64, speed: f64, lag_s: f64) -> Self {
        Self {
            pedals: Pedals::To { accel, speed },
            steering: Steering::Straight,
            lag_s,
            harsh: None,
            bump: false,
        }
    }

    pub(crate) const fn steer(mut self, steering: Steering) -> Self {
        self.steering = steering;
        self
    }

    pub(crate) fn harsh(mut self, kind: AlertKind) -> Self {
        self.harsh = Some(kind);
        self
    }

    pub(crate) const fn over_a_bump(mut self) -> Self {
        self.bump = true;
        self
    }
}
