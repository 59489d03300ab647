use super::{Field, Shape, Target};

/// Whole numbers up to here have an exact float, so only they are written back as whole numbers.
pub(crate) const MAX_EXACT: u64 = 1 << 53;

/// Why a value does not fit its key.
pub(crate) type Misfit = String;

/// An event under construction, where it is to stay.
#[derive(Debug)]
pub(crate) struct Draft<'a, T: Target> {
    /// The event, complete once [`finish`](Self::finish) has found nothing missing.
    pub(crate) event: &'a mut T::Event,
    has: u8,
}

impl<'a, T: Target> Draft<'a, T> {
    /// Starts with an event that is nobody's yet: a [blank](Target::blank) one.
    #[inline]
    pub(super) fn new(event: &'a mut T::Event) -> Self {
        Self { event, has: 0 }
    }

    /// Notes that a key was there which can be needed.
    #[inline]
    pub(crate) fn found(&mut self, target: T) {
        self.has |= target.need();
    }

    /// Whether the required keys were there; the event is complete then.
    #[inline]
    pub(super) fn finish(&self, shape: &Shape<T>) -> Result<(), Misfit> {
        if self.has & T::NEEDS == T::NEEDS {
            return Ok(());
        }
        Err(missing(shape, T::NEEDS & !self.has))
    }
}

#[cold]
pub(crate) fn misfit<T>(field: &Field<T>, why: &dyn std::fmt::Display) -> Misfit {
    format!("{}: {why}", field.key)
}

#[cold]
pub(crate) fn wrong_kind<T: Target>(field: &Field<T>, found: &str) -> Misfit {
    format!(
        "{}: expected {}, found {found}",
        field.key,
        field.sets.takes()
    )
}

#[cold]
fn missing<T: Target>(shape: &Shape<T>, absent: u8) -> Misfit {
    let mut fields = shape.fields.iter();
    let field = fields.find(|field| field.sets.need() & absent != 0);
    let key = field.map_or("", |field| field.key);
    format!("the required key {key} is missing")
}
