#pragma once

#include "cuda_one_launch/trial.hpp"

#ifndef ABLATE_EMULATED
#include "cuda_one_launch/warpgroups.hpp"
#endif

/// Problems, and every compiled kernel that can be planned for them.

namespace ablate::kernels::cuda {

/// What float32, summed in another order, or the tensor cores' factors may be off.
inline double allowed(const Problem& p) {
  if (p.element == Element::float16) return 2e-3;
  if (p.element == Element::bfloat16) return 1.6e-2;
  return 2e-6;
}

inline void check_resident(const Trial& first, const Trial& second, int multiprocessors, int units,
                           general::Tally& tally) {
  const Problem& p = first.problem;
  for (const auto& t : resident_instances()) {
    const int slots = t.tended ? units + units % 2 : units;
    const auto plan = plan_resident(t, first.gate(), units, slots, pretend(multiprocessors));
    if (!plan) continue;
    char text[140];
    std::snprintf(text, sizeof text,
                  ": %d x %d by %d%s%s, %d groups, %d stages, units %d, slots %d, %d x %d blocks, %d rounds",
                  t.tile_width, t.tile_height, t.rows, t.boxes ? " boxes" : "", t.tended ? " tended" : "",
                  t.groups, t.stages, units, slots, plan->blocks, plan->samples, plan->rounds);
    check_plan(
        p.name() + text, *plan, first, second, allowed(p),
        [&](const Trial& trial, const Rendezvous& meeting) {
          return launch_resident(*plan, trial.gate(), meeting, nullptr, Begin::early);
        },
        tally);
  }
}

/// Each kernel with some of its tilings.
inline void check_once(const Trial& first, const Trial& second, int multiprocessors, general::Tally& tally) {
  constexpr std::size_t some = 4;
  const Problem& p = first.problem;
  for (const auto& t : once_instances()) {
    if (t.element != p.element || t.kernel != p.kernel) continue;
    const auto tilings = once_tilings(once_cut(t, first.gate()));
    for (std::size_t i = 0; i < tilings.size(); i += (tilings.size() + some - 1) / some) {
      const auto plan = plan_once(t, first.gate(), tilings[i], pretend(multiprocessors));
      if (!plan) continue;
      const auto& tiling = plan->tiling;
      char text[120];
      std::snprintf(text, sizeof text,
                    ": once, %d x %d threads by %d, %d planes%s, %d x %d blocks, %d launches", tiling.columns,
                    tiling.rows, t.rows, tiling.planes, t.boxes ? " boxes" : "", plan->blocks, plan->samples,
                    plan->rounds);
      check_plan(
          p.name() + text, *plan, first, second, allowed(p),
          [&](const Trial& trial, const Rendezvous& meeting) {
            return launch_once(*plan, trial.gate(), meeting, nullptr, Begin::early);
          },
          tally);
    }
  }
}

inline void check_mixing(const Trial& first, const Trial& second, int multiprocessors,
                         general::Tally& tally) {
  const Problem& p = first.problem;
  for (const auto& t : mixing_instances()) {
    const auto plan = plan_mixing(t, first.mixing(), pretend(multiprocessors));
    if (!plan) continue;
    char text[120];
    std::snprintf(text, sizeof text,
                  ": %d x %d by %d%s, %d threads, chunks of %d%s, %d x %d blocks, %d rounds", t.tile_width,
                  t.tile_height, t.rows, t.boxes ? " boxes" : "", t.threads, t.chunk,
                  plan->overlay ? ", overlay" : "", plan->blocks, plan->samples, plan->rounds);
    check_plan(
        p.name() + text, *plan, first, second, allowed(p),
        [&](const Trial& trial, const Rendezvous& meeting) {
          return launch_mixing(*plan, trial.mixing(), meeting, nullptr, Begin::early);
        },
        tally);
  }
}

/// Runs what fits `p`: where `channels` is 0 the resident kernels with `units` tiles a group, otherwise the
/// mixing ones.
inline void check_problem(const Problem& p, int multiprocessors, int units, general::Tally& tally) {
  const Trial first(p, 1), second(p, 2);
  if (p.channels > 0)
    check_mixing(first, second, multiprocessors, tally);
  else
    check_once(first, second, multiprocessors, tally),
        check_resident(first, second, multiprocessors, units, tally);
}

/// A few that reach every part of the kernels.
inline void check_quickly(general::Tally& tally) {
  check_problem({.active = 2, .height = 9, .width = 12}, 6, 1, tally);
  check_problem({.batch = 3, .active = 3, .passive = 3, .height = 17, .width = 68, .shift = true}, 3, 2,
                tally);
  check_problem({.batch = 2, .active = 3, .passive = 2, .height = 7, .width = 13, .basis_width = 4}, 4, 1,
                tally);
  check_problem(
      {.batch = 2, .active = 5, .passive = 4, .height = 8, .width = 20, .shift = true, .channels = 18}, 6, 1,
      tally);
  check_problem({.batch = 1, .active = 9, .passive = 9, .height = 7, .width = 11, .channels = 7}, 6, 1,
                tally);
}

inline void check_shapes(Element element, int kernel, general::Tally& tally) {
  const auto check = [&](Problem p, int multiprocessors, int units) {
    p.element = element, p.kernel = kernel;
    check_problem(p, multiprocessors, units, tally);
  };
  for (const int64_t basis : {0, 4, 8, 32}) {
    check({.active = 2, .height = 9, .width = 16, .basis_width = basis}, 6, 1);
    check({.batch = 5,
           .active = 2,
           .passive = 2,
           .height = 16,
           .width = 24,
           .basis_width = basis,
           .shift = true},
          3, 1);
    check({.batch = 2,
           .active = 3,
           .passive = 5,
           .height = 13,
           .width = 8,
           .basis_width = basis,
           .channels = 9},
          6, 1);
  }
  check({.batch = 4, .active = 3, .height = 70, .width = 72}, 4, 3);
  check({.batch = 3, .active = 3, .passive = 2, .height = 33, .width = 129, .shift = true}, 8, 2);
  check({.batch = 2, .active = 2, .passive = 2, .height = 1, .width = 1}, 4, 1);
  check({.batch = 2, .active = 2, .passive = 2, .height = 31, .width = 5, .off = 1}, 4, 2);
  check({.batch = 3, .active = 12, .passive = 4, .height = 11, .width = 32, .shift = true, .channels = 33}, 7,
        1);
  check({.batch = 1, .active = 4, .height = 5, .width = 9, .channels = 4, .relu = false, .off = 1}, 7, 1);
  for (const auto mood : {Mood::infinite, Mood::nan, Mood::large_mean}) {
    check({.batch = 2, .active = 2, .passive = 2, .height = 20, .width = 24, .mood = mood}, 4, 1);
    check({.batch = 2, .active = 4, .passive = 4, .height = 9, .width = 16, .channels = 8, .mood = mood}, 6,
          1);
  }
}

/// What warp-groups take: rows of whole 16 bytes.
inline void check_warpgroup_shapes([[maybe_unused]] Element element, [[maybe_unused]] general::Tally& tally) {
#ifndef ABLATE_EMULATED
  const auto check = [&](Problem p) {
    p.element = element;
    check_warpgroups(p, allowed(p), tally);
  };
  check({.active = 3, .passive = 3, .height = 20, .width = 20, .channels = 6});
  check({.active = 3, .passive = 3, .height = 20, .width = 24, .channels = 6});
  check({.batch = 2, .active = 6, .passive = 6, .height = 20, .width = 28, .channels = 12});
  check({.batch = 2, .active = 6, .passive = 6, .height = 20, .width = 40, .shift = true, .channels = 12});
  check({.active = 32, .passive = 32, .height = 64, .width = 64, .channels = 64});
  check({.batch = 3, .active = 20, .passive = 20, .height = 56, .width = 56, .channels = 40});
  check({.batch = 2, .active = 40, .passive = 24, .height = 16, .width = 72, .channels = 100});
  check({.active = 96, .passive = 96, .height = 24, .width = 16, .channels = 192});
  check({.batch = 7, .active = 9, .passive = 4, .height = 13, .width = 16, .shift = true, .channels = 33});
  check({.batch = 2, .active = 40, .height = 17, .width = 8, .channels = 9, .relu = false});
  check({.batch = 2, .active = 5, .passive = 70, .height = 9, .width = 48, .channels = 130, .off = 8});
  // Pointwise convolutions are mixings of passive channels alone.
  const auto pointwise = [&](Problem p) {
    p.active = p.basis_width = 0;
    check(p);
  };
  pointwise({.passive = 24, .height = 64, .width = 64, .channels = 48});
  pointwise({.batch = 5, .passive = 65, .height = 9, .width = 32, .channels = 7, .relu = false});
  pointwise({.batch = 3, .passive = 12, .height = 33, .width = 19, .channels = 100});
  pointwise({.batch = 2, .passive = 1, .height = 7, .width = 7, .channels = 1, .off = 1});
  for (const auto mood : {Mood::infinite, Mood::nan, Mood::large_mean})
    pointwise({.batch = 2, .passive = 40, .height = 18, .width = 40, .channels = 20, .mood = mood});
  for (const int64_t basis : {0, 4, 8, 32}) {
    check({.batch = 5,
           .active = 17,
           .passive = 19,
           .height = 19,
           .width = 32,
           .basis_width = basis,
           .shift = basis != 8,
           .channels = 36});
    for (const auto mood : {Mood::infinite, Mood::nan, Mood::large_mean})
      check({.batch = 2,
             .active = 2,
             .passive = 3,
             .height = 18,
             .width = 40,
             .basis_width = basis,
             .channels = 20,
             .mood = mood});
  }
#endif
}

/// Of each kind of instance's ways a few, for tools that make a launch slow.
inline void check_warpgroups_quickly([[maybe_unused]] general::Tally& tally) {
#ifndef ABLATE_EMULATED
  const auto check = [&](Problem p, Element element) {
    p.element = element;
    check_warpgroups(p, allowed(p), tally);
  };
  check({.batch = 2, .active = 20, .passive = 19, .height = 9, .width = 21, .channels = 36},
        Element::float32);
  check({.active = 20, .passive = 12, .height = 9, .width = 24, .shift = true, .channels = 36},
        Element::float32);
  check({.batch = 2, .active = 20, .passive = 12, .height = 9, .width = 24, .channels = 36},
        Element::float16);
  check({.active = 0, .passive = 40, .height = 9, .width = 21, .basis_width = 0, .channels = 36},
        Element::float32);
#endif
}

inline void check_warpgroups_alone(general::Tally& tally) {
  for (const auto element : {Element::float32, Element::float16, Element::bfloat16})
    check_warpgroup_shapes(element, tally);
}

inline void check_all(general::Tally& tally) {
  for (const auto element : {Element::float32, Element::float16, Element::bfloat16})
    check_shapes(element, 7, tally), check_warpgroup_shapes(element, tally);
  for (const int kernel : {1, 3, 5, 9}) check_shapes(Element::float32, kernel, tally);
}

}  // namespace ablate::kernels::cuda
