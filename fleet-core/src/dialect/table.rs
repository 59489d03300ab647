//! The `Dialect` implementation of types whose format is one schema.

/// Implements [`Dialect`](super::Dialect) by a schema, for a type with the field `unknown`.
///
/// The attributes go to the constructor that keeps unknown keys.
macro_rules! table_dialect {
    ($(#[$doc:meta])* $dialect:ty: $event:ty, $memo:ty, $schema:expr) => {
        impl $dialect {
            /// Creates a dialect that keeps unknown keys and the order of all keys, and writes them
            /// back.
            $(#[$doc])*
            pub fn keeping_unknown_keys() -> Self {
                Self {
                    unknown: $crate::dialect::object::UnknownKeys::Kept,
                }
            }
        }

        impl $crate::dialect::Dialect for $dialect {
            type Event = $event;
            type Memo = $memo;

            #[inline]
            fn read(
                &self,
                record: &str,
                memo: &mut $memo,
            ) -> Result<Option<$event>, $crate::dialect::Refused> {
                $crate::dialect::object::read(&$schema, self.unknown, record, memo.as_mut())
            }

            #[inline]
            fn enter_first(
                &self,
                text: &str,
                memo: &mut $memo,
                at: $crate::Offset,
                entry: &mut $crate::decode::Entry<'_, $event>,
            ) -> Option<usize> {
                $crate::dialect::object::enter_first(&$schema, text, memo.as_mut(), at, entry)
            }

            fn write(&self, event: &$event, to: &mut Vec<u8>) {
                $crate::dialect::object::write(&$schema, event, to);
            }

            fn lossy(&self, event: &$event) -> $crate::dialect::Lossy {
                $crate::dialect::object::lossy(&$schema, event)
            }
        }
    };
}
pub(super) use table_dialect;
