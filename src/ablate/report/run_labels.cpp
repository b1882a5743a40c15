#include "ablate/report/run_labels.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

namespace ablate {
namespace {

using Texts = std::vector<std::string>;

void remove_all(std::string& text, std::string_view what) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what)) text.erase(at, what.size());
}

/// What all cells of the run have; empty where they differ.
template <typename Get>
std::string shared_by_cells(const ComparedRun& run, Get get) {
  std::set<std::string> values;
  for (const auto& [id, record] : run.records) values.insert(std::string(get(record.cell)));
  return values.size() == 1 ? *values.begin() : std::string();
}

std::string processor_of(const ComparedRun& run) {
  const auto& [cpu, gpu] = std::pair(run.environment.cpu, run.environment.gpu);
  return short_processor(gpu.empty() ? cpu : gpu);
}

std::string threads_of(const ComparedRun& run) {
  return run.environment.threads == 1 ? "1 thread" : fmt::format("{} threads", run.environment.threads);
}

/// What may tell runs apart, the most telling first.
using Naming = std::string (*)(const ComparedRun&);
const std::array<Naming, 9> namings{
    processor_of,
    [](const ComparedRun& run) { return short_processor(run.environment.cpu); },
    [](const ComparedRun& run) { return shared_by_cells(run, [](const Cell& c) { return name(c.form); }); },
    [](const ComparedRun& run) { return shared_by_cells(run, [](const Cell& c) { return name(c.dtype); }); },
    [](const ComparedRun& run) { return shared_by_cells(run, [](const Cell& c) { return c.device; }); },
    [](const ComparedRun& run) { return short_revision(run.environment.revision); },
    threads_of,
    [](const ComparedRun& run) { return "LibTorch " + run.environment.libtorch; },
    [](const ComparedRun& run) { return run.environment.build_type; },
};

bool all_differ(const Texts& texts) { return std::set(texts.begin(), texts.end()).size() == texts.size(); }

Texts named(const std::vector<ComparedRun>& runs, Naming naming) {
  Texts texts;
  for (const auto& run : runs) texts.push_back(naming(run));
  return texts;
}

/// One text is enough, or else as many as it takes; they may still be equal.
Texts by_environment(const std::vector<ComparedRun>& runs) {
  for (const auto naming : namings)
    if (auto texts = named(runs, naming); all_differ(texts) && !std::ranges::count(texts, "")) return texts;
  Texts together(runs.size());
  for (const auto naming : namings) {
    const auto texts = named(runs, naming);
    if (std::set(texts.begin(), texts.end()).size() == 1) continue;
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (!texts[i].empty() && together[i].find(texts[i]) == std::string::npos)
        together[i] += (together[i].empty() ? "" : ", ") + texts[i];
    if (all_differ(together)) break;
  }
  return together;
}

Texts by_directory(const std::vector<ComparedRun>& runs) {
  Texts texts;
  for (const auto& run : runs) {
    auto path = std::filesystem::path(run.name);
    if (path.filename().empty()) path = path.parent_path();
    texts.push_back(path.filename().string());
  }
  return texts;
}

}  // namespace

std::string short_processor(const std::string& model) {
  auto text = model.substr(0, model.find(" @"));
  for (const auto* noise : {"(R)", "(TM)", "NVIDIA ", "Intel ", "AMD ", " CPU", " Processor"})
    remove_all(text, noise);
  return text;
}

std::string short_revision(const std::string& revision) {
  constexpr std::size_t digits = 7;
  const auto dash = revision.find('-');
  return revision.substr(0, std::min(dash, digits)) + (dash == std::string::npos ? "" : "+");
}

std::vector<std::string> run_labels(const std::vector<ComparedRun>& runs) {
  auto labels = by_environment(runs);
  if (all_differ(labels)) return labels;
  labels = by_directory(runs);
  std::map<std::string, int> seen;
  for (auto& label : labels)
    if (const int before = seen[label]++; before > 0) label += fmt::format(" ({})", before + 1);
  return labels;
}

}  // namespace ablate
