#include "ablate/report/format.hpp"
#include "ablate/report/latex_text.hpp"

#include "catch.hpp"

using namespace ablate;

namespace {

Table two_columns(const std::string& name) {
  Table table{"s", "A & B", {"a note at 50 %"}, {}, {}};
  table.columns = {{"name", "", "", false}, {"mean (µs)", "latency.mean", "s", true}};
  table.rows = {{{name, name, ""}, {"1.0 ± 0.5", 1e-6, "00aa"}}};
  return table;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what LaTeX would take for its own is escaped", "[latex]") {
  CHECK(latex_text("\\input{x} $a_1^2$ #1 ~50% & <b>") ==
        "\\textbackslash{}input\\{x\\} \\$a\\_1\\textasciicircum{}2\\$ \\#1 \\textasciitilde{}50\\% \\& "
        "\\textless{}b\\textgreater{}");
  CHECK(latex_text("line\nbreak\x01") == "line break ");
  CHECK(latex_text("64×64 µs — ±1") == "64\\texttimes{}64 \\textmu{}s \\textemdash{} \\textpm{}1");
}

TEST_CASE("a minus before a number is one, hyphens stay apart", "[latex]") {
  CHECK(latex_text("-37.3%") == "$-$37.3\\%");
  CHECK(latex_text("paired-cpu --x") == "paired-cpu -{}-x");
}

TEST_CASE("nothing at the begin of a row is an argument of the line break before", "[latex]") {
  CHECK(latex_text("[0.1]") == "{}[0.1]");
  CHECK(latex_text("*") == "{}*");
}

TEST_CASE("characters that pdfLaTeX does not know stand by their numbers, broken UTF-8 too", "[latex]") {
  CHECK(latex_text("Größe") == "Größe");
  CHECK(latex_text("\xF0\x9F\x98\x80") == "{[}U+1F600]");
  CHECK(latex_text("a\xFF") == "a[U+FFFD]");
}

TEST_CASE("a table is a float with rules, caption, label and notes", "[latex]") {
  const auto text = to_latex({two_columns("pipe | \\end{table}")});
  CHECK(holds(text, "\\begin{table}"));
  CHECK(holds(text, "\\caption{A \\& B}"));
  CHECK(holds(text, "\\label{tab:s-a-b}"));
  CHECK(holds(text, "{@{\\extracolsep{\\fill}}lr@{}}"));
  CHECK(holds(text, "pipe \\textbar{} \\textbackslash{}end\\{table\\} & 1.0 \\textpm{} 0.5 \\\\"));
  CHECK(holds(text, "a note at 50 \\%\\par"));
}

TEST_CASE("a wide table takes smaller type, then the page", "[latex]") {
  CHECK(holds(to_latex({two_columns("short")}), "\\normalsize"));
  CHECK(holds(to_latex({two_columns(std::string(40, 'x'))}), "\\footnotesize"));
  CHECK(holds(to_latex({two_columns(std::string(80, 'x'))}), "\\begin{table*}"));
  CHECK(holds(to_latex({two_columns(std::string(300, 'x'))}), "% Likely wider than a page"));
}

TEST_CASE("two tables of one name have two labels", "[latex]") {
  const auto text = to_latex({two_columns("a"), two_columns("b")});
  CHECK(holds(text, "\\label{tab:s-a-b}"));
  CHECK(holds(text, "\\label{tab:s-a-b-2}"));
}
