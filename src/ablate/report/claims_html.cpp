#include "ablate/report/claims_html.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/escape.hpp"
#include "ablate/report/html_page.hpp"
#include "ablate/report/verdicts.hpp"
#include "ablate/report/view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// With a capital and a full stop.
std::string sentence(std::string text) {
  if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text + ".";
}

std::string tally_of_points(const Verdict& verdict) {
  if (verdict.holds + verdict.fails + verdict.open < 2) return {};
  std::vector<std::string> words;
  if (verdict.holds > 0) words.push_back("holds at " + counted(verdict.holds, "point"));
  if (verdict.fails > 0) words.push_back("fails at " + counted(verdict.fails, "point"));
  if (verdict.open > 0) words.push_back("open at " + counted(verdict.open, "point"));
  return sentence(join(words));
}

/// Buttons that narrow the table, each with its count.
std::string filters(const std::vector<Verdict>& verdicts) {
  auto html = fmt::format("<button type=\"button\" aria-pressed=\"true\" data-show=\"\">all {}</button>",
                          verdicts.size());
  for (std::size_t i = 0; i < outcome_names.size(); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (const auto count = std::ranges::count(verdicts, outcome, &Verdict::outcome); count > 0)
      html += fmt::format(
          "<button type=\"button\" aria-pressed=\"false\" data-show=\"{0}\"><span class=\"verdict "
          "{0}\">{0}</span> {1}</button>",
          name(outcome), count);
  }
  return "<div class=\"filters\" role=\"group\" aria-label=\"Show claims that are\">" + html + "</div>\n";
}

std::string grounds_list(const Verdict& verdict) {
  if (verdict.grounds.empty()) return {};
  std::string items;
  for (const auto& grounds : verdict.grounds)
    items += fmt::format("<li tabindex=\"-1\" data-cell=\"{}\">{}</li>", escape_markup(grounds.cell),
                         escape_markup(grounds.label));
  return fmt::format("<details><summary>rests on {}</summary><ul class=\"grounds\">{}</ul></details>",
                     counted(verdict.grounds.size(), "cell"), items);
}

std::string claim_row(const Verdict& verdict) {
  const auto outcome = name(verdict.outcome);
  const bool as_expected = !verdict.claim.expect || *verdict.claim.expect == verdict.outcome;
  const auto expected =
      as_expected ? std::string()
                  : fmt::format(" <span class=\"expected\">expected: {}</span>", name(*verdict.claim.expect));
  const auto ratio =
      verdict.effect ? fmt::format(" data-value=\"{}\"", verdict.effect->value) : std::string();
  return fmt::format(
      "<tr data-outcome=\"{0}\"><td data-value=\"{1}\"><span class=\"verdict {0}\">{0}</span></td>"
      "<td><p class=\"claim\">{2}{3}</p>{4}{5}</td><td class=\"num\"{6}>{7}</td></tr>\n",
      outcome, static_cast<int>(verdict.outcome), escape_markup(verdict.claim.text), expected,
      html_paragraph(explanation_of(verdict), "why"), grounds_list(verdict), ratio,
      verdict.effect ? escape_markup(ratio_text(*verdict.effect)) : "");
}

}  // namespace

std::string explanation_of(const Verdict& verdict) {
  std::vector<std::string> sentences;
  if (verdict.effect)
    sentences.push_back(fmt::format("{}: {}.", verdict.effect_of, ratio_text(*verdict.effect)));
  if (auto points = tally_of_points(verdict); !points.empty()) sentences.push_back(std::move(points));
  const auto& why = verdict.claim.untested.empty() ? verdict.why : verdict.claim.untested;
  if (!why.empty()) sentences.push_back(sentence(why));
  return join(sentences, " ");
}

std::string claims_html(const std::vector<Verdict>& verdicts) {
  auto html = filters(verdicts) +
              "<div class=\"scroll tall\" role=\"region\" tabindex=\"0\" aria-label=\"Claims\"><table "
              "class=\"sortable "
              "claims\"><caption class=\"hidden\">Claims and their verdicts</caption>\n<thead><tr>"
              "<th scope=\"col\" aria-sort=\"none\"><button type=\"button\">verdict</button></th>"
              "<th scope=\"col\" aria-sort=\"none\"><button type=\"button\">claim</button></th>"
              "<th scope=\"col\" aria-sort=\"none\" class=\"num\"><button type=\"button\">ratio</button></th>"
              "</tr></thead>\n<tbody>\n";
  // What nothing was measured of goes last.
  for (const bool untested : {false, true})
    for (const auto& verdict : verdicts)
      if ((verdict.outcome == Outcome::untested) == untested) html += claim_row(verdict);
  return html + "</tbody>\n</table></div>\n";
}

}  // namespace ablate
