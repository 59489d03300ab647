//! The driver: a chain of manoeuvres, each a few phases long.

use fleet_core::event::AlertKind;

use super::{
    draws::Draws,
    levels::{ClassLevels, Levels},
    phase::{Phase, Steering},
};
use crate::evaluation::Style;

/// Standard gravity, m/s².
pub(crate) const G: f64 = 9.806_65;

/// What kind of driving a drive holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// Streets, country roads and motorways, a few minutes each.
    #[default]
    Mixed,
    /// Sharp turns one after the other, and no harsh braking: whatever is found as braking is
    /// false.
    HardTurns,
    /// A motorway with little to do.
    Motorway,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Road {
    Street,
    Country,
    Motorway,
}

#[derive(Clone, Copy, Debug)]
enum Manoeuvre {
    Cruise,
    Follow,
    Slow,
    Stop,
    Turn,
    Roundabout,
    Bend,
    Lane,
    Bump,
    HarshBrake,
    HarshAccel,
    SharpTurn,
}

#[derive(Debug)]
pub(crate) struct Driver {
    levels: ClassLevels,
    style: Style,
    scenario: Scenario,
    road: Road,
    /// Manoeuvres left on this road.
    left: u32,
    cruise: f64,
    /// 1 where traffic keeps to the right.
    side: f64,
    draws: Draws,
}

impl Driver {
    pub(crate) fn new(
        levels: ClassLevels,
        style: Style,
        scenario: Scenario,
        mut draws: Draws,
    ) -> Self {
        Self {
            levels,
            style,
            scenario,
            road: Road::Street,
            left: 0,
            cruise: 12.0,
            side: draws.sign(),
            draws,
        }
    }

    /// A likely speed at which a recording begins, m/s: most begin at a standstill.
    pub(crate) fn first_speed(&mut self) -> f64 {
        self.choose_road();
        if self.draws.chance(0.7) {
            0.0
        } else {
            self.cruise
        }
    }

    /// The phases of the next manoeuvre at this speed, m/s.
    pub(crate) fn next(&mut self, speed: f64) -> Vec<Phase> {
        if self.left == 0 {
            self.choose_road();
        }
        self.left -= 1;
        if speed < 0.3 {
            let wait = self.draws.exponential(6.0).clamp(1.0, 45.0);
            let mut phases = vec![Phase::hold(0.0, 0.0, wait)];
            phases.push(self.speed_up(speed));
            return phases;
        }
        if speed < 0.7 * self.cruise {
            return vec![self.speed_up(speed)];
        }
        let manoeuvre = self.draws.weighted(&self.weights(), Manoeuvre::Cruise);
        self.phases(manoeuvre, speed)
    }

    fn choose_road(&mut self) {
        self.road = match self.scenario {
            Scenario::Mixed => self.draws.weighted(
                &[
                    (5.0, Road::Street),
                    (2.5, Road::Country),
                    (1.5, Road::Motorway),
                ],
                Road::Street,
            ),
            Scenario::HardTurns => Road::Street,
            Scenario::Motorway => Road::Motorway,
        };
        // Limits of 30 to 60, 70 to 100 and 100 to 130 km/h.
        let (low, high) = match self.road {
            Road::Street => (9.0, 16.0),
            Road::Country => (19.0, 27.0),
            Road::Motorway => (27.0, 36.0),
        };
        self.cruise = self.draws.within(low, high).min(self.levels.fastest);
        self.left = if self.draws.chance(0.5) { 6 } else { 12 };
    }

    /// How often each manoeuvre happens. Our choice: about four in a minute on streets.
    fn weights(&self) -> [(f64, Manoeuvre); 12] {
        use Manoeuvre::{
            Bend, Bump, Cruise, Follow, HarshAccel, HarshBrake, Lane, Roundabout, SharpTurn, Slow,
            Stop, Turn,
        };
        let ordinary = match self.road {
            Road::Street => [2.0, 2.5, 1.5, 2.5, 3.0, 0.8, 0.5, 0.7, 0.5],
            Road::Country => [4.0, 2.0, 1.0, 0.7, 0.8, 0.4, 3.0, 0.6, 0.1],
            Road::Motorway => [5.0, 4.0, 1.0, 0.1, 0.0, 0.0, 1.5, 3.0, 0.0],
        };
        let harsh = match (self.scenario, self.style, self.road) {
            (Scenario::HardTurns, _, _) => [0.0, 0.0, 25.0],
            (_, Style::Calm, _) => [0.03, 0.03, 0.03],
            (_, Style::Aggressive, Road::Motorway) => [3.0, 0.5, 0.0],
            (_, Style::Aggressive, _) => [4.0, 0.8, 4.0],
        };
        let [
            cruise,
            follow,
            slow,
            stop,
            turn,
            roundabout,
            bend,
            lane,
            bump,
        ] = ordinary;
        let [brake, accel, sharp] = harsh;
        [
            (cruise, Cruise),
            (follow, Follow),
            (slow, Slow),
            (stop, Stop),
            (turn, Turn),
            (roundabout, Roundabout),
            (bend, Bend),
            (lane, Lane),
            (bump, Bump),
            (brake, HarshBrake),
            (accel, HarshAccel),
            (sharp, SharpTurn),
        ]
    }

    fn phases(&mut self, manoeuvre: Manoeuvre, speed: f64) -> Vec<Phase> {
        match manoeuvre {
            Manoeuvre::Cruise => {
                let seconds = self.draws.within(4.0, 20.0);
                vec![Phase::hold(speed.max(self.cruise), 0.15, seconds)]
            }
            Manoeuvre::Follow => {
                let share = self.draws.within(0.75, 1.0);
                let seconds = self.draws.within(6.0, 20.0);
                vec![Phase::hold(speed * share, 0.45, seconds)]
            }
            Manoeuvre::Slow => {
                let target = speed * self.draws.within(0.35, 0.75);
                let after = self.draws.within(1.0, 5.0);
                vec![self.slow_down(target), Phase::hold(target, 0.2, after)]
            }
            Manoeuvre::Stop => vec![self.slow_down(0.0)],
            Manoeuvre::Turn => {
                let lateral = self.ordinary(self.levels.corner);
                self.turn(speed, lateral, None)
            }
            Manoeuvre::SharpTurn => {
                let lateral = self.harsh(self.levels.corner);
                self.turn(speed, lateral, Some(AlertKind::HarshCorner))
            }
            Manoeuvre::Roundabout => self.roundabout(speed),
            Manoeuvre::Bend => self.bend(speed),
            Manoeuvre::Lane => vec![self.change_lane(speed)],
            Manoeuvre::Bump => {
                let slow = self.draws.within(4.0, 8.0);
                let over = Phase::hold(slow, 0.1, 1.5).over_a_bump();
                vec![self.slow_down(slow), over]
            }
            Manoeuvre::HarshBrake => self.harsh_brake(speed),
            Manoeuvre::HarshAccel => {
                // From walking pace or half the speed, as after a turn or behind a truck.
                let from = if self.draws.chance(0.5) { 0.0 } else { 0.4 };
                let slow = self.cruise.min(16.0) * from;
                let wait = self.draws.within(0.5, 6.0);
                let spurt = self.spurt(slow);
                vec![self.slow_down(slow), Phase::hold(slow, 0.1, wait), spurt]
            }
        }
    }

    fn turn(&mut self, speed: f64, lateral: f64, harsh: Option<AlertKind>) -> Vec<Phase> {
        let radius = self.levels.radius_m * self.draws.within(1.3, 3.5);
        let slow = (lateral * radius).sqrt().min(speed);
        let angle = self.draws.within(0.9, 1.8);
        let steering = Steering::Turn {
            lateral: lateral * self.draws.sign(),
            angle,
        };
        let mut through = Phase::hold(slow, 0.2, 0.0).steer(steering);
        through.harsh = harsh;
        vec![self.slow_down(slow), through]
    }

    fn roundabout(&mut self, speed: f64) -> Vec<Phase> {
        let lateral = self.ordinary(self.levels.corner);
        let radius = self.levels.radius_m * self.draws.within(1.8, 4.0);
        let slow = (lateral * radius).sqrt().min(speed);
        let mut phases = vec![self.slow_down(slow)];
        let around = self.draws.within(1.2, 4.5);
        for (side, angle) in [(-1.0, 0.5), (1.0, around), (-1.0, 0.5)] {
            let lateral = lateral * side * self.side;
            let steering = Steering::Turn { lateral, angle };
            phases.push(Phase::hold(slow, 0.2, 0.0).steer(steering));
        }
        phases
    }

    fn bend(&mut self, speed: f64) -> Vec<Phase> {
        let lateral = self.draws.within(0.04, 0.16) * G * self.draws.sign();
        let angle = self.draws.within(0.2, 1.0);
        let steering = Steering::Turn { lateral, angle };
        vec![Phase::hold(speed, 0.2, 0.0).steer(steering)]
    }

    fn change_lane(&mut self, speed: f64) -> Phase {
        let brisk = self.style == Style::Aggressive && self.draws.chance(0.4);
        let (low, high) = if brisk { (0.18, 0.28) } else { (0.04, 0.12) };
        // A brisk change is as much gentler in a truck as its turns are.
        let scale = self.levels.corner.most / 0.30;
        let lateral = self.draws.within(low, high) * scale * G * self.draws.sign();
        let seconds = self.draws.within(2.5, 5.0);
        Phase::hold(speed, 0.2, 0.0).steer(Steering::Swerve { lateral, seconds })
    }

    fn harsh_brake(&mut self, speed: f64) -> Vec<Phase> {
        let share = self.draws.within(0.15, 0.6);
        let target = if self.draws.chance(0.5) {
            0.0
        } else {
            speed * share
        };
        let brake = self.harsh(self.levels.brake);
        let lag = self.draws.within(0.1, 0.25);
        let after = self.draws.within(1.0, 6.0);
        vec![
            Phase::to(-brake, target, lag).harsh(AlertKind::HarshBrake),
            Phase::hold(target, 0.1, after),
        ]
    }

    fn slow_down(&mut self, target: f64) -> Phase {
        let brake = self.ordinary(self.levels.brake);
        Phase::to(-brake, target, self.draws.within(0.3, 0.8))
    }

    /// Back to the cruise. Aggressive drivers often do it harshly.
    fn speed_up(&mut self, speed: f64) -> Phase {
        let willing = self.style == Style::Aggressive && self.scenario != Scenario::HardTurns;
        if willing && speed < 12.0 && self.draws.chance(0.2) {
            return self.spurt(speed);
        }
        let accel = self.ordinary(self.levels.accel);
        Phase::to(accel, self.cruise, self.draws.within(0.4, 0.9))
    }

    /// Harsh acceleration by 25 to 50 km/h; what is left to the cruise is ordinary.
    fn spurt(&mut self, speed: f64) -> Phase {
        let accel = self.harsh(self.levels.accel);
        let gain = self.draws.within(7.0, 14.0);
        let lag = self.draws.within(0.2, 0.5);
        Phase::to(accel, speed + gain, lag).harsh(AlertKind::RapidAccel)
    }

    /// An ordinary acceleration, m/s². Aggressive drivers brake and turn more firmly everywhere.
    fn ordinary(&mut self, levels: Levels) -> f64 {
        let firmer = match self.style {
            Style::Calm => 0.9,
            Style::Aggressive => 1.2,
        };
        let drawn = self.draws.log_normal(levels.median * firmer, 0.3);
        drawn.clamp(0.3 * levels.median, levels.most) * G
    }

    /// A harsh acceleration, m/s².
    fn harsh(&mut self, levels: Levels) -> f64 {
        let drawn = levels.least + self.draws.exponential(levels.excess);
        drawn.min(levels.limit) * G
    }
}
