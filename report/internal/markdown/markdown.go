// Package markdown writes a report, a comparison of two runs and a trend for a pull request.
package markdown

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Write writes the summary for a pull request: the answer, the table, and what to distrust, in the order in
// which a reviewer asks.
func Write(w io.Writer, r *view.Report) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## Task queue benchmark\n\n**%s**\n\n", markdown(r.Headline))
	for _, s := range r.Failing {
		fmt.Fprintf(&b, "**%s**\n\n", markdown(s))
	}
	markdownProfiles(&b, r)
	if rule := r.Analysis.Method.Rule; rule != "" && len(r.Analysis.Comparisons) > 0 {
		fmt.Fprintf(&b, "- %s\n", markdown(view.Paragraph(rule)))
	}
	for _, s := range slices.Concat(r.Sureness, r.Following) {
		fmt.Fprintf(&b, "- %s\n", markdown(s))
	}
	markdownDecisions(&b, r.Decisions)
	markdownOrders(&b, r)
	for _, t := range r.Standings {
		if t.Ranked {
			markdownShortStandings(&b, t)
		} else {
			markdownStandings(&b, t)
		}
	}
	for _, x := range r.Recoveries {
		markdownRecovery(&b, x)
	}
	for _, s := range r.Scalings {
		markdownScaling(&b, s)
	}
	for _, g := range r.Unranked {
		markdownGroup(&b, g)
	}
	for _, l := range r.Alone {
		markdownAlone(&b, l)
	}
	markdownFlags(&b, r)
	markdownClaims(&b, r)
	if again := r.Analysis.Command; again != "" {
		fmt.Fprintf(&b, "\n### Run it again\n\n%s\n", codeBlock(again))
	} else if typed := shell.Join(r.Analysis.Run.Command); typed != "" {
		fmt.Fprintf(&b, "\n### Run it again\n\nThis run was started as:\n\n%s\n", codeBlock(typed))
	}
	if r.Analysis.DaggerCommand != "" {
		fmt.Fprintf(&b, "\nIn the image that it ran in:\n\n%s\n", codeBlock(r.Analysis.DaggerCommand))
	}
	fmt.Fprintf(&b, "\nSeed %d, plan %s. All numbers unrounded: `results.csv` and `analysis.json`.\n",
		r.Analysis.Run.Seed, markdown(orNone(r.Analysis.Run.PlanHash)))
	_, err := w.Write(b.Bytes())
	return err
}

func markdownGroup(b *bytes.Buffer, g view.Group) {
	fmt.Fprintf(b, "\n### %s\n\n", markdown(text.Upper(g.Place())))
	fmt.Fprintf(b, "| metric | %s (baseline) | %s (candidate) | ratio (interval) | verdict | blocks |\n",
		markdown(view.Name(g.Base)), markdown(view.Name(g.Cand)))
	b.WriteString("|---|--:|--:|--:|---|--:|\n")
	for _, c := range g.Compared {
		label := markdown(view.MetricLabel(c))
		if c.Deciding {
			label = "**" + label + "**"
		}
		verdict := view.VerdictSymbol(c.Verdict) + " " + markdown(view.VerdictWord(c))
		if note := view.VerdictNote(c); note != "" {
			verdict += ", " + note
		}
		if c.NotCounted.Differ() {
			verdict += "; doesn't count: " + markdown(view.Sentence(view.Uncounted(c)))
		}
		base, cand, ratio := view.Cells(c)
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %d |\n", label, base, cand, ratio, verdict, c.Blocks)
	}
	b.WriteString("\nVerdicts are on the candidate; bold metrics decide.\n")
	for _, s := range view.SpoiledSides(g.Compared) {
		fmt.Fprintf(b, "\n%s %s.\n", view.SpoiledMark, markdown(s.Words()))
	}
}

func markdownFlags(b *bytes.Buffer, r *view.Report) {
	flags, notes, missing, known := r.Flags, r.Notes, r.NotRun, r.Products
	if len(flags)+len(notes)+len(missing) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>Flags (%d), notes (%d) and trials that did not run (%d)</summary>\n\n",
		len(flags), len(notes), len(missing))
	markdownNotes(b, known, notes)
	if len(flags)+len(missing) > 0 {
		b.WriteString("| trial | where | block | arm | flag | why | kept out of |\n|--:|---|--:|---|---|---|---|\n")
	}
	for _, f := range flags {
		fmt.Fprintf(b, "| %d | %s | %d | %s | %s | %s | %s |\n", f.Trial, markdown(known.Place(f.Scenario, f.Broker)),
			f.Block, markdown(view.Name(f.Arm)), markdown(view.Name(f.Code)), markdown(view.Sentence(f.Detail)), markdown(f.KeptOut()))
	}
	for _, t := range missing {
		fmt.Fprintf(b, "| %d | %s | %d | %s | did not run | %s | all metrics |\n", t.ID,
			markdown(known.Place(t.Scenario, t.Broker)), t.Block, markdown(view.Name(t.Arm)), markdown(view.Sentence(t.Reason)))
	}
	b.WriteString("\n</details>\n")
}

// markdownNotes sums the notes up by place: a list of all would be most of the text and the least of its news.
func markdownNotes(b *bytes.Buffer, known view.Products, notes []view.FlagRow) {
	type key struct{ code, where string }
	var keys []key
	rows := map[key][]view.FlagRow{}
	for _, r := range notes {
		k := key{r.Code, known.Place(r.Scenario, r.Broker)}
		if rows[k] == nil {
			keys = append(keys, k)
		}
		rows[k] = append(rows[k], r)
	}
	for _, k := range keys {
		first := rows[k][0]
		example := fmt.Sprintf("trial %d", first.Trial)
		if n := len(rows[k]); n > 1 {
			example = fmt.Sprintf("%s, such as trial %d", number.Plural(n, "note"), first.Trial)
		}
		fmt.Fprintf(b, "- %s, %s: %s: %s\n", markdown(view.Name(k.code)), markdown(k.where), example, markdown(view.Sentence(first.Detail)))
	}
	if len(keys) > 0 {
		b.WriteByte('\n')
	}
}

func orNone(s string) string {
	if s == "" {
		return "not known"
	}
	return view.Name(s)
}

// markdown escapes what would be markup. A name is to be read as it is, not to close a table or open a tag.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '#', '~', '|':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// codeBlock fences s with more backticks than it has in a row.
func codeBlock(s string) string {
	s = text.Clean(s, view.CommandLimit)
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + "sh\n" + s + "\n" + fence
}
