//! Forward and left at each point of a leg, by the evidence of the whole leg.

use std::ops::Range;

use super::{
    leg::median,
    plane::{MANY, Plane, points_in, spread},
    speed::SpeedTrack,
};
use crate::signal::{
    ForwardEvidence, STEP_S, cast,
    vector::{Vec2, headings},
};

/// Accelerations along and across the vehicle.
#[derive(Debug, Default)]
pub(super) struct Oriented {
    /// g, positive when speeding up.
    pub(super) along: Vec<f64>,
    /// g, positive to the left.
    pub(super) across: Vec<f64>,
    /// The standard error of the direction that is forward, degrees; empty where it is known.
    pub(super) error_deg: Vec<f64>,
    /// The direction that is forward in the plane of the first part, if axes were unknown.
    pub(super) forward: Option<Vec2>,
}

/// Pieces of evidence are as long as a manoeuvre, seconds.
const PIECE_S: f64 = 2.0;
/// Slower turning is lane keeping, degrees per second.
const TURN_DEG_S: f64 = 3.0;
/// Weights of evidence, so that a manoeuvre of each kind counts about the same: a turn has 0.3
/// rad/s x 0.25 g; a brake 0.15 g x 0.15 g, and is the surest; a stop 0.12 g, and says least.
const SPEED_WEIGHT: f64 = 6.0;
const STOP_WEIGHT: f64 = 0.2;
/// What lies this close to a standstill belongs to it, seconds.
const STOP_S: f64 = 3.0;
/// A speed may be late by up to this, seconds.
const LATEST_S: f64 = 2.0;
/// An error above this is no direction, degrees: the main axis of straight driving takes over.
pub(super) const LOST_DEG: f64 = 35.0;
/// The error of that axis, degrees. Our choice: worse than evidence that is just accepted.
const AXIS_ERROR_DEG: f64 = 40.0;
/// The error of an axis of which nothing says which end is the front.
pub(super) const UNSIGNED_DEG: f64 = 60.0;
/// A frame that is carried on by a gyroscope turns by its bias; in blocks of this length the bias
/// is constant.
const BLOCK_S: f64 = 480.0;
/// So many blocks tell which sign turns to the left have.
const SIGN_BLOCKS: usize = 3;
/// What is left of a bias after standstill or median was subtracted, degrees per second.
const BIAS_DEG_S: f64 = 0.6;

/// Orients a leg whose sensor is fixed to the vehicle, in any direction.
pub(super) fn fixed(plane: &Plane, speed: &SpeedTrack, standing: &[bool]) -> Oriented {
    let pieces = pieces(&plane.accel, plane, speed, standing);
    let mut oriented = Oriented::default();
    for part in &plane.parts {
        let mut evidence = ForwardEvidence::default();
        for (_, piece) in within(&pieces, part) {
            evidence.add([piece.x, piece.y]);
        }
        let (forward, error) = forward(&evidence, plane, &plane.accel, part, standing);
        oriented.forward = oriented.forward.or(Some(forward));
        oriented.add(&plane.accel, part, (forward, 0.0), error);
    }
    oriented
}

/// Turns a leg that was recorded in the frame of the earth into a frame that turns with the
/// vehicle: a gyroscope carries it on, less its bias.
///
/// A recording may count turns to the right as positive. The wrong sign scatters the evidence.
pub(super) fn carry(plane: &mut Plane, speed: &SpeedTrack, standing: &[bool]) {
    let bias = bias(&plane.yaw, standing);
    for yaw in &mut plane.yaw {
        *yaw -= bias;
    }
    let turns = plane.yaw.iter().map(|yaw| yaw.to_radians() * STEP_S);
    let headings: Vec<Vec2> = headings(turns).collect();
    let some = plane.accel.len().min(SIGN_BLOCKS * points_in(BLOCK_S));
    let frame = |carry: fn(Vec2, Vec2) -> Vec2, accel: &[Vec2]| -> Vec<Vec2> {
        let points = accel.iter().zip(&headings);
        points
            .map(|(accel, heading)| carry(*accel, *heading))
            .collect()
    };
    let strength = |carry: fn(Vec2, Vec2) -> Vec2, plane: &Plane| -> f64 {
        let frame = frame(carry, plane.accel.get(..some).unwrap_or_default());
        let pieces = pieces(&frame, plane, speed, standing);
        blocks(some)
            .map(|part| steadiest(&pieces, &part).1.strength())
            .sum()
    };
    let left = strength(Vec2::turned_back, plane);
    for yaw in &mut plane.yaw {
        *yaw = -*yaw;
    }
    if strength(Vec2::turned_by, plane) > left {
        plane.accel = frame(Vec2::turned_by, &plane.accel);
        return;
    }
    for yaw in &mut plane.yaw {
        *yaw = -*yaw;
    }
    plane.accel = frame(Vec2::turned_back, &plane.accel);
}

/// Orients a leg in a frame that a gyroscope has carried on: turns and stops say what is forward in
/// it, block by block.
pub(super) fn carried(plane: &Plane, speed: &SpeedTrack, standing: &[bool]) -> Oriented {
    let pieces = pieces(&plane.accel, plane, speed, standing);
    let mut oriented = Oriented::default();
    for part in blocks(plane.accel.len()) {
        let (drift, evidence) = steadiest(&pieces, &part);
        let (at_start, error) = forward(&evidence, plane, &plane.accel, &part, standing);
        oriented.add(&plane.accel, &part, (at_start, drift), error);
    }
    oriented
}

/// Parts of equal length in which the bias of a gyroscope is constant.
fn blocks(points: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = points.div_ceil(points_in(BLOCK_S)).max(1);
    let length = points.div_ceil(parts).max(1);
    (0..parts).map(move |part| part * length..((part + 1) * length).min(points))
}

/// Takes the axes as they are.
pub(super) fn known(plane: &Plane) -> Oriented {
    Oriented {
        along: plane.accel.iter().map(|accel| accel.x).collect(),
        across: plane.accel.iter().map(|accel| accel.y).collect(),
        error_deg: Vec::new(),
        forward: None,
    }
}

/// Takes the course of a receiver as the direction that is forward in the frame of the earth.
pub(super) fn by_course(plane: &Plane, course_deg: &[f64]) -> Oriented {
    let mut oriented = Oriented::default();
    for (accel, course) in plane.accel.iter().zip(course_deg) {
        let (sin, cos) = course.to_radians().sin_cos();
        let forward = Vec2::new(sin, cos);
        let known = course.is_finite();
        oriented
            .along
            .push(if known { forward.dot(*accel) } else { 0.0 });
        oriented
            .across
            .push(if known { forward.cross(*accel) } else { 0.0 });
        oriented.error_deg.push(if known { 10.0 } else { 90.0 });
    }
    oriented
}

impl Oriented {
    /// Adds a part, at whose first point a direction is forward that turns by so many radians from
    /// point to point.
    fn add(
        &mut self,
        accel: &[Vec2],
        part: &Range<usize>,
        (mut forward, drift): (Vec2, f64),
        error_deg: f64,
    ) {
        let step = Vec2::at_angle(drift);
        for accel in accel.get(part.clone()).unwrap_or_default() {
            self.along.push(forward.dot(*accel));
            self.across.push(forward.cross(*accel));
            self.error_deg.push(error_deg);
            forward = forward.turned_by(step);
        }
    }
}

/// What is left of the yaw rate when nothing turns: its mean at standstill, else its median while
/// the vehicle turns slowly, which is most of the time.
fn bias(yaw: &[f64], standing: &[bool]) -> f64 {
    let still: Vec<f64> = yaw
        .iter()
        .zip(standing)
        .filter(|(_, still)| **still)
        .map(|(yaw, _)| *yaw)
        .collect();
    if still.len() >= points_in(5.0) {
        return median(still).unwrap_or(0.0);
    }
    let slow = spread(yaw, MANY)
        .copied()
        .filter(|yaw| yaw.abs() < TURN_DEG_S);
    median(slow.collect()).unwrap_or(0.0)
}

/// Evidence by pieces: their first point, and a vector that points forward.
fn pieces(
    accel: &[Vec2],
    plane: &Plane,
    speed: &SpeedTrack,
    standing: &[bool],
) -> Vec<(usize, Vec2)> {
    let late = lateness(accel, speed);
    let stops = stops(standing);
    let size = points_in(PIECE_S);
    let mut pieces = Vec::with_capacity(accel.len() / size + 1);
    for (number, part) in accel.chunks(size).enumerate() {
        let start = number * size;
        let mut sum = Vec2::ZERO;
        for (point, accel) in (start..).zip(part) {
            if !plane.sound.get(point).is_some_and(|sound| *sound) {
                continue;
            }
            let here = [accel.x, accel.y];
            let yaw = plane.yaw.get(point).copied().unwrap_or(0.0);
            if yaw.abs() > TURN_DEG_S {
                let [x, y] = ForwardEvidence::turn(here, yaw);
                sum += Vec2::new(x, y);
            }
            let change = cast::at(&speed.change_g, point + late);
            if change.is_finite() {
                let [x, y] = ForwardEvidence::speed_change(here, change);
                sum += Vec2::new(x, y) * SPEED_WEIGHT;
            }
            sum += *accel * (cast::at(&stops, point) * STOP_WEIGHT);
        }
        pieces.push((start, sum));
    }
    pieces
}

/// The pieces that begin within a part.
fn within<'a>(pieces: &'a [(usize, Vec2)], part: &Range<usize>) -> &'a [(usize, Vec2)] {
    let place = |point: usize| pieces.partition_point(|(start, _)| *start < point);
    pieces
        .get(place(part.start)..place(part.end))
        .unwrap_or_default()
}

/// By how many points the speed is late: where it agrees best with the acceleration.
fn lateness(accel: &[Vec2], speed: &SpeedTrack) -> usize {
    let agreement = |late: usize| {
        let changes = speed.change_g.iter().skip(late).zip(accel);
        let known = changes.filter(|(change, _)| change.is_finite());
        known
            .map(|(change, accel)| *accel * *change)
            .fold(Vec2::ZERO, |a, b| a + b)
            .norm()
    };
    let half = points_in(0.5);
    let best = (0..=points_in(LATEST_S) / half).map(|step| step * half);
    best.max_by(|a, b| agreement(*a).total_cmp(&agreement(*b)))
        .unwrap_or(0)
}

/// 1 just after a standstill, when a vehicle pulls away, -1 just before it, when it brakes.
fn stops(standing: &[bool]) -> Vec<f64> {
    let reach = points_in(STOP_S);
    let mut signs = vec![0.0; standing.len()];
    let mut start = 0;
    for run in standing.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if run.first() == Some(&true) {
            for (point, sign) in signs
                .iter_mut()
                .enumerate()
                .take(end + reach)
                .skip(start.saturating_sub(reach))
            {
                if point < start && start > reach {
                    *sign -= 1.0;
                } else if point >= end {
                    *sign += 1.0;
                }
            }
        }
        start = end;
    }
    signs
}

/// The drift of the frame, radians per point, under which the evidence of a block agrees best,
/// and that evidence, turned back to the block's first point.
fn steadiest(pieces: &[(usize, Vec2)], part: &Range<usize>) -> (f64, ForwardEvidence) {
    let inside = within(pieces, part).iter();
    // Pieces follow each other at one distance.
    let distance = points_in(PIECE_S) as f64;
    let first = inside
        .clone()
        .next()
        .map_or(0.0, |(point, _)| (point - part.start) as f64);
    let turned = |drift: f64| {
        let (mut turn, step) = (
            Vec2::at_angle(drift * first),
            Vec2::at_angle(drift * distance),
        );
        inside.clone().map(move |(_, sum)| {
            let back = sum.turned_back(turn);
            turn = turn.turned_by(step);
            back
        })
    };
    // Steps of half a radian over the block at most.
    let step = (0.5 / (part.len() as f64 * STEP_S))
        .to_degrees()
        .min(BIAS_DEG_S);
    let steps = cast::index(BIAS_DEG_S / step);
    let best = (0..=2 * steps)
        .map(|number| (number as f64 - steps as f64) * step)
        .map(|deg_s| {
            let sum = turned((deg_s * STEP_S).to_radians()).fold(Vec2::ZERO, |a, b| a + b);
            // A small bias is likelier than a large one.
            (
                deg_s,
                sum.norm() * (-0.5 * (deg_s / BIAS_DEG_S).powi(2)).exp(),
            )
        })
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let drift = (best.map_or(0.0, |best| best.0) * STEP_S).to_radians();
    let mut evidence = ForwardEvidence::default();
    for Vec2 { x, y } in turned(drift) {
        evidence.add([x, y]);
    }
    (drift, evidence)
}

/// The direction that is forward and its error, degrees; if the evidence says too little, the
/// main axis of straight driving, in the direction of the evidence, or so that the greatest
/// accelerations are brakes: brakes reach higher than engines.
fn forward(
    evidence: &ForwardEvidence,
    plane: &Plane,
    accel: &[Vec2],
    part: &Range<usize>,
    standing: &[bool],
) -> (Vec2, f64) {
    let by_evidence = evidence.direction().map(|[x, y]| Vec2::new(x, y));
    let error = evidence.error_deg();
    if let Some(direction) = by_evidence.filter(|_| error <= LOST_DEG) {
        return (direction, error);
    }
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    let straight = |point: usize| {
        let slow = plane
            .yaw
            .get(point)
            .is_none_or(|yaw| yaw.abs() < TURN_DEG_S);
        let moving = standing.get(point).is_none_or(|still| !still);
        slow && moving && plane.sound.get(point).is_some_and(|sound| *sound)
    };
    let inside = || {
        let points = part
            .clone()
            .zip(accel.get(part.clone()).unwrap_or_default());
        points
            .filter(|(point, _)| straight(*point))
            .map(|(_, accel)| *accel)
    };
    for Vec2 { x, y } in inside() {
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let axis = Vec2::new(1.0, 0.0).turned(0.5 * (2.0 * xy).atan2(xx - yy));
    let skew: f64 = inside().map(|accel| accel.dot(axis).powi(3)).sum();
    let sign = match by_evidence {
        Some(direction) if error < 60.0 => direction.dot(axis),
        _ => return (if skew > 0.0 { -axis } else { axis }, UNSIGNED_DEG),
    };
    (if sign < 0.0 { -axis } else { axis }, AXIS_ERROR_DEG)
}
