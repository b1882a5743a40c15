#include "ablate/base/error.hpp"
#include "ablate/record/record.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace ablate {
namespace {

using nlohmann::ordered_json;

/// A value and the place it stands at: "records.jsonl:17: /latency_s/mean". Asking for what is not there is a
/// UserError; keys that nobody asks for are left alone, since a newer writer of this schema may add some.
class Field {
 public:
  Field(const ordered_json& json, std::string where) : json_(json), where_(std::move(where)) {}

  bool has(const char* key) const { return json_.contains(key); }

  Field operator[](const char* key) const {
    require(json_.is_object(), "an object");
    if (!has(key)) throw UserError(fmt::format("{}/{}", where_, key), "missing", "a value");
    return {json_.at(key), fmt::format("{}/{}", where_, key)};
  }

  std::string text() const {
    require(json_.is_string(), "a string");
    return json_.get<std::string>();
  }

  bool boolean() const {
    require(json_.is_boolean(), "true or false");
    return json_.get<bool>();
  }

  double number() const {
    require(json_.is_number(), "a number");
    return json_.get<double>();
  }

  std::int64_t integer(std::int64_t minimum = 0) const {
    const bool held =
        json_.is_number_integer() && (!json_.is_number_unsigned() || json_.get<std::uint64_t>() <= INT64_MAX);
    require(held && json_.get<std::int64_t>() >= minimum, fmt::format("an integer, at least {}", minimum));
    return json_.get<std::int64_t>();
  }

  std::uint64_t natural() const {
    require(json_.is_number_unsigned(), "an integer, at least 0");
    return json_.get<std::uint64_t>();
  }

  OptionValue option() const {
    if (json_.is_boolean()) return json_.get<bool>();
    if (json_.is_number_float()) return json_.get<double>();
    if (json_.is_string()) return json_.get<std::string>();
    return integer(INT64_MIN);
  }

  std::vector<Field> items() const {
    require(json_.is_array(), "a list");
    std::vector<Field> fields;
    for (std::size_t i = 0; i < json_.size(); ++i)
      fields.emplace_back(json_[i], fmt::format("{}/{}", where_, i));
    return fields;
  }

  std::vector<std::pair<std::string, Field>> members() const {
    require(json_.is_object(), "an object");
    std::vector<std::pair<std::string, Field>> fields;
    for (const auto& [key, value] : json_.items())
      fields.emplace_back(key, Field(value, fmt::format("{}/{}", where_, key)));
    return fields;
  }

  void require(bool holds, std::string_view allowed) const {
    if (holds) return;
    constexpr std::size_t longest = 60;
    auto text = json_.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    if (text.size() > longest) text = text.substr(0, longest) + "...";
    throw UserError(where_, text, allowed);
  }

 private:
  const ordered_json& json_;
  std::string where_;
};

template <typename Term>
Term read_term(const Field& field, std::optional<Term> (*named)(std::string_view), std::string_view allowed) {
  const auto term = named(field.text());
  field.require(term.has_value(), allowed);
  return *term;
}

Resolution read_resolution(const Field& field) {
  const auto sides = field.items();
  field.require(sides.size() == 2, "[height, width]");
  return {sides[0].integer(1), sides[1].integer(1)};
}

Protocol read_protocol(const Field& field) {
  return {field["name"].text(), field["warmup_runs"].integer(), field["repeat_runs"].integer(1)};
}

Cell read_cell(const Field& line) {
  Cell cell;
  cell.id = line["cell"].text();
  cell.variant = line["variant"].text();
  cell.block = line["block"].text();
  for (const auto& [option, value] : line["options"].members()) cell.options[option] = value.option();
  cell.form = read_term(line["form"], form_named, "train, deploy, folded");
  cell.device = line["device"].text();
  cell.dtype = read_term(line["dtype"], dtype_named, "float32, float64, float16, bfloat16");
  cell.batch = line["batch"].integer(1);
  cell.channels = {line["in_channels"].integer(1), line["out_channels"].integer(1)};
  cell.resolution = read_resolution(line["resolution"]);
  cell.seed = line["seed"].natural();
  cell.tf32 = line["tf32"].boolean();
  if (line.has("protocol")) cell.protocol = read_protocol(line["protocol"]);
  return cell;
}

Status read_status(const Field& field) {
  const auto text = field.text();
  if (text == "ok") return Status::ok;
  if (text == "skipped") return Status::skipped;
  field.require(text == "failed", "ok, skipped, failed");
  return Status::failed;
}

Latency read_latency(const Field& field) {
  Latency latency;
  latency.mean = field["mean"].number();
  latency.std = field["std"].number();
  latency.median = field["median"].number();
  latency.min = field["min"].number();
  latency.p05 = field["p05"].number();
  latency.p95 = field["p95"].number();
  for (const auto& sample : field["samples"].items()) latency.samples.push_back(sample.number());
  const auto n = field["n"];
  n.require(n.integer(1) == static_cast<std::int64_t>(latency.samples.size()),
            fmt::format("{}, the number of samples", latency.samples.size()));
  return latency;
}

void read_structure(const Field& line, Record& record) {
  if (line.has("params"))
    record.counts = Counts{line["params"].integer(), line["buffers"].integer(), line["macs"].integer(),
                           line["bytes"].integer()};
  if (line.has("parts"))
    for (const auto& part : line["parts"].items())
      record.parts.push_back(
          {part["name"].text(), part["type"].text(), part["params"].integer(), part["buffers"].integer()});
  if (line.has("traits"))
    for (const auto& [trait, text] : line["traits"].members()) record.traits.emplace_back(trait, text.text());
}

}  // namespace

Record record_from_json(const std::string& line, const std::string& where) {
  const auto json = ordered_json::parse(line, nullptr, false);
  if (!json.is_object()) throw UserError(where, "no JSON object", "one record a line");
  const Field field(json, where + ": ");
  const auto schema = field["schema"];
  schema.require(schema.integer() == record_schema,
                 fmt::format("{}, which this version of ablate reads", record_schema));
  Record record;
  record.study = field["study"].text();
  record.cell = read_cell(field);
  record.status = read_status(field["status"]);
  if (record.status != Status::ok) record.reason = field["reason"].text();
  read_structure(field, record);
  if (field.has("latency_s")) record.latency = read_latency(field["latency_s"]);
  record.environment = field["environment"].text();
  record.overhead_s = field["overhead_s"].number();
  return record;
}

}  // namespace ablate
