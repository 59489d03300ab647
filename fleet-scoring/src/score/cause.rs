//! The causes that a score charges for.

use fleet_core::event::AlertKind;

macro_rules! causes {
    ($(#[$doc:meta])* { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[non_exhaustive]
        pub enum Cause {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl Cause {
            /// All causes, in the order in which sums are stored. New ones go to the end.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used in reports and data.
            pub const fn as_word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

causes! {
    /// What a score can charge for. Words are those of [`AlertKind`] where it has one.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::AlertKind;
    /// use fleet_scoring::score::Cause;
    /// assert_eq!(Cause::of(&AlertKind::HarshBrake), Some(Cause::HarshBrake));
    /// assert_eq!(Cause::of(&"FIRM_BRAKE".parse()?), Some(Cause::FirmBrake));
    /// assert_eq!(Cause::of(&AlertKind::LowFuel), None);
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    {
        /// Braking that a person would call harsh.
        HarshBrake = "HARSH_BRAKE",
        /// An acceleration that a person would call harsh.
        RapidAccel = "RAPID_ACCEL",
        /// A turn that a person would call harsh.
        HarshCorner = "HARSH_CORNER",
        /// Sustained braking at a lower level, never reported as harsh.
        FirmBrake = "FIRM_BRAKE",
        /// A sustained acceleration at a lower level, never reported as harsh.
        FirmAccel = "FIRM_ACCEL",
        /// A collision was imminent.
        CollisionRisk = "COLLISION_RISK",
        /// The vehicle was too close to the one in front.
        UnsafeHeadway = "UNSAFE_HEADWAY",
        /// The vehicle was faster than the limit.
        Speeding = "OVERSPEED",
        /// The vehicle was faster than a limit that holds everywhere.
        ExcessiveSpeeding = "EXCESSIVE_SPEED",
        /// The vehicle was driven at night.
        Night = "NIGHT",
        /// The driver used a phone or looked away.
        Distraction = "DISTRACTION",
        /// A seat belt was open.
        SeatBelt = "SEAT_BELT",
    }
}

impl Cause {
    /// The number of causes.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// The cause that an alert of this kind is, or `None` if no score charges for it.
    pub fn of(kind: &AlertKind) -> Option<Self> {
        let word = kind.as_word();
        Self::ALL
            .iter()
            .copied()
            .find(|cause| cause.as_word() == word)
    }

    /// The place of the cause in [`ALL`](Self::ALL).
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}
