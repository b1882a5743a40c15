#include "ablate/kernels/cpu/image_run.hpp"

#include "ablate/kernels/cpu/scratch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ablate::kernels {
namespace {

/// A multiple of the cache line's floats, so that what follows in one piece of memory is aligned.
constexpr int64_t aligned(int64_t floats) { return (floats + 15) / 16 * 16; }

/// Rows of the image that one band has, as a run of floats.
struct BandPixels {
  BandPixels(const Tiling& tiling, int64_t band)
      : begin(2 * tiling.band_pairs * band * tiling.width),
        count(std::min(2 * tiling.band_pairs * tiling.width, tiling.height * tiling.width - begin)) {}
  int64_t begin, count;
};

float sigmoid(float value) { return 1.0F / (1.0F + std::exp(-value)); }

}  // namespace

int64_t ImageRun::scratch_floats(const PackedBlock& block, const Plan& plan) {
  const auto pixels = plan.pixels();
  auto floats = aligned(block.active * plan.tiling.bands);
  if (block.adjust_active) floats += aligned(block.active * pixels);
  if (block.mix && block.adjust_passive) floats += aligned(block.passive * pixels);
  if (plan.apart) floats += aligned(block.active * pixels);
  return floats;
}

ImageRun::ImageRun(const PackedBlock& block, const Plan& plan, const float* input, float* output,
                   float* scratch)
    : block_(block),
      plan_(plan),
      kernels_(*block.kernels),
      pixels_(plan.pixels()),
      input_(input),
      output_(output) {
  const auto take = [&](int64_t floats) { return std::exchange(scratch, scratch + aligned(floats)); };
  sums_ = take(block.active * plan.tiling.bands);
  adjusted_ = block.adjust_active ? take(block.active * pixels_) : nullptr;
  passed_ = block.mix && block.adjust_passive ? take(block.passive * pixels_) : nullptr;
  convolved_ = plan.apart ? take(block.active * pixels_) : output + block.active_out.first * pixels_;
  convolved_stride_ = (plan.apart ? 1 : block.active_out.step) * pixels_;
}

void ImageRun::adjust(Share share) const {
  const auto &active = block_.adjust_active, &passive = block_.adjust_passive;
  const auto widest = std::max(active ? active->columns : 0, passive ? passive->columns : 0);
  float* strip = Scratch::of_this_thread().tiles.at_least(widest * plan_.strip_pixels);
  const bool one_source =
      active && passive && active->from == passive->from && active->columns == passive->columns;
  const auto end = share.end(plan_.strips());
  for (auto index = share.begin(plan_.strips()); index < end; ++index) {
    const auto begin = index * plan_.strip_pixels, count = std::min(plan_.strip_pixels, pixels_ - begin);
    const auto source = [&](const PackedPointwise& pointwise) {
      return Planes{input_ + pointwise.from * pixels_ + begin, pixels_, pointwise.columns};
    };
    const auto apply = [&](const PackedPointwise& pointwise, bool packed, float* to, int64_t stride) {
      auto planes = source(pointwise);
      if (!packed) kernels_.pack_strip(planes, count, nullptr, nullptr, strip, plan_.strip_pixels);
      planes.first += plan_.strip_pixels;
      if (packed || index + 1 == end) planes.count = 0;
      kernels_.multiply(pointwise.panels(), strip, plan_.strip_pixels, count, {to + begin, stride, false},
                        {planes, {}});
    };
    if (active) apply(*active, false, adjusted_, pixels_);
    if (passive && block_.mix) apply(*passive, one_source, passed_, pixels_);
    if (passive && !block_.mix)
      apply(*passive, one_source, output_ + block_.passive_out.first * pixels_,
            block_.passive_out.step * pixels_);
  }
}

void ImageRun::convolve(Share share) const {
  const auto& tiling = plan_.tiling;
  const auto k = block_.kernel_size, units = block_.active * tiling.bands;
  float* buffer = Scratch::of_this_thread().tiles.at_least(kernels_.depthwise_buffer(k, tiling));
  kernels_.prepare(k, tiling, buffer);
  const auto source = [&](int64_t channel) {
    return adjusted_ != nullptr
               ? adjusted_ + channel * pixels_
               : input_ + (block_.active_in.first + channel * block_.active_in.step) * pixels_;
  };
  const auto target = [&](int64_t channel) { return convolved_ + channel * convolved_stride_; };
  const auto end = share.end(units);
  for (auto unit = share.begin(units); unit < end; ++unit) {
    const auto channel = unit / tiling.bands;
    Band band{source(channel), target(channel), block_.depthwise_of(channel),
              block_.depthwise_bias.data()[channel], unit % tiling.bands};
    if (plan_.ahead && unit + 1 < end) {
      const auto next = (unit + 1) / tiling.bands;
      const BandPixels pixels(tiling, (unit + 1) % tiling.bands);
      band.next_source = source(next) + pixels.begin;
      band.next_target = target(next) + pixels.begin;
      band.next_floats = pixels.count;
    }
    sums_[unit] = kernels_.depthwise(k, tiling, band, buffer);
  }
}

void ImageRun::gates(float* work, float* gains, float* shifts) const {
  float *means = work, *coefficients = work + block_.active;
  const auto bands = plan_.tiling.bands;
  for (int64_t channel = 0; channel < block_.active; ++channel) {
    double total = 0;
    for (int64_t band = 0; band < bands; ++band) total += static_cast<double>(sums_[channel * bands + band]);
    means[channel] = static_cast<float>(total) / static_cast<float>(pixels_);
  }
  for (int64_t i = 0; i < block_.num_basis; ++i)
    coefficients[i] = kernels_.dot(block_.basis.data() + i * block_.active, means, block_.active);
  for (int64_t channel = 0; channel < block_.active; ++channel) {
    const auto at = channel * block_.num_basis;
    gains[channel] = sigmoid(kernels_.dot(block_.scale.data() + at, coefficients, block_.num_basis));
    if (shifts != nullptr)
      shifts[channel] = kernels_.dot(block_.shift.data() + at, coefficients, block_.num_basis);
  }
}

void ImageRun::finish(Share share) const {
  const auto strip_floats = block_.mix ? block_.mix->columns * plan_.strip_pixels : 0;
  const auto channels = aligned(block_.active);
  float* strip =
      Scratch::of_this_thread().tiles.at_least(strip_floats + 3 * channels + aligned(block_.num_basis));
  float *gains = nullptr, *shifts = nullptr;
  if (block_.recalibrates) {
    gains = strip + strip_floats;
    if (block_.shift.data() != nullptr) shifts = gains + channels;
    gates(gains + 2 * channels, gains, shifts);
  }
  if (block_.mix) {
    mix(share, gains, shifts, strip);
  } else {
    if (gains != nullptr) recalibrate(share, gains, shifts);
    if (!block_.adjust_passive) pass(share);
  }
  if (plan_.past_caches) kernels_.settle();
}

void ImageRun::recalibrate(Share share, const float* gains, const float* shifts) const {
  const auto& tiling = plan_.tiling;
  const auto units = block_.active * tiling.bands;
  // Backwards: what this share wrote last is still in its cache.
  for (auto unit = share.end(units) - 1; unit >= share.begin(units); --unit) {
    const auto channel = unit / tiling.bands;
    const BandPixels band(tiling, unit % tiling.bands);
    const auto to = (block_.active_out.first + channel * block_.active_out.step) * pixels_;
    kernels_.scale(convolved_ + channel * convolved_stride_ + band.begin, output_ + to + band.begin,
                   band.count, gains[channel], shifts != nullptr ? shifts[channel] : 0,
                   plan_.apart && plan_.past_caches);
  }
}

void ImageRun::pass(Share share) const {
  const auto& tiling = plan_.tiling;
  const auto units = block_.passive * tiling.bands;
  const auto &in = block_.passive_in, &out = block_.passive_out;
  for (auto unit = share.begin(units); unit < share.end(units); ++unit) {
    const auto channel = unit / tiling.bands;
    const BandPixels band(tiling, unit % tiling.bands);
    kernels_.copy(input_ + (in.first + channel * in.step) * pixels_ + band.begin,
                  output_ + (out.first + channel * out.step) * pixels_ + band.begin, band.count,
                  plan_.past_caches);
  }
}

void ImageRun::mix(Share share, const float* gains, const float* shifts, float* strip) const {
  const auto width = plan_.strip_pixels, end = share.end(plan_.strips());
  const float* passed = passed_ != nullptr ? passed_ : input_ + block_.passive_in.first * pixels_;
  const auto passed_stride = (passed_ != nullptr ? 1 : block_.passive_in.step) * pixels_;
  for (auto index = share.begin(plan_.strips()); index < end; ++index) {
    const auto begin = index * width, count = std::min(width, pixels_ - begin);
    Planes next[2]{{convolved_ + begin, convolved_stride_, block_.active},
                   {passed + begin, passed_stride, block_.passive}};
    kernels_.pack_strip(next[0], count, gains, shifts, strip, width);
    kernels_.pack_strip(next[1], count, nullptr, nullptr, strip + block_.active * width, width);
    for (auto& planes : next) {
      planes.first += width;
      if (index + 1 == end) planes.count = 0;
    }
    kernels_.multiply(block_.mix->panels(), strip, width, count,
                      {output_ + begin, pixels_, plan_.past_caches}, next);
  }
}

}  // namespace ablate::kernels
