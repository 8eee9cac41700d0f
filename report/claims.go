package report

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/number"
)

// claimTable is the claims that the run could check, and those that it couldn't, each with its reason.
type claimTable struct {
	Checked, Left []claimGroup
	// LeftOut is how many claims Left has.
	LeftOut int
	// Counts sums up what became of them.
	Counts string
}

// claimGroup is the claims of one source.
type claimGroup struct {
	Source string
	Claims []analysis.Claim
}

func claimsOf(a analysis.Analysis) claimTable {
	var t claimTable
	count := map[string]int{}
	var order []string
	for _, c := range a.Claims {
		if count[c.Outcome]++; count[c.Outcome] == 1 {
			order = append(order, c.Outcome)
		}
		if c.Checked() {
			t.Checked = withClaim(t.Checked, c)
		} else {
			t.Left = withClaim(t.Left, c)
			t.LeftOut++
		}
	}
	var words []string
	for _, o := range order {
		words = append(words, fmt.Sprintf("%s %s", name(o), number.Count(int64(count[o]))))
	}
	t.Counts = strings.Join(words, ", ")
	return t
}

// withClaim puts a claim into the group of its source, behind the others.
func withClaim(groups []claimGroup, c analysis.Claim) []claimGroup {
	i := slices.IndexFunc(groups, func(g claimGroup) bool { return g.Source == c.Source })
	if i < 0 {
		i = len(groups)
		groups = append(groups, claimGroup{Source: c.Source})
	}
	groups[i].Claims = append(groups[i].Claims, c)
	return groups
}

// claimedWords is what is claimed, with its unit; nothing of a claim that no figure is checked of.
func claimedWords(c analysis.Claim) string {
	if c.Bound == "" && c.Unit == "" {
		return "-"
	}
	bound := number.Exact(c.Claimed)
	if c.Bound != "" {
		words := strings.Fields(name(c.Bound))
		for i, w := range words {
			if v, err := strconv.ParseFloat(w, 64); err == nil {
				words[i] = number.Exact(v)
			}
		}
		bound = strings.Join(words, " ")
	}
	return strings.TrimSpace(bound + " " + name(c.Unit))
}

// claimMeasured is what was measured of a claim.
func claimMeasured(c analysis.Claim) string {
	if !c.Checked() {
		return "-"
	}
	return fmt.Sprintf("%s (%s)", withUnit(c.Measured, c.Unit), number.Span(c.Low, c.High))
}

func withUnit(v float64, unit string) string {
	return strings.TrimSpace(number.Short(v) + " " + name(unit))
}

func markdownClaims(b *bytes.Buffer, r *Report) {
	t := r.Claims
	if len(r.Analysis.Claims) == 0 {
		return
	}
	b.WriteString("\n### Claims\n\n")
	if len(t.Checked) > 0 {
		b.WriteString("| claim | source | claimed | measured (interval) | outcome |\n|---|---|--:|--:|---|\n")
	}
	for _, c := range r.Analysis.Claims {
		if !c.Checked() {
			continue
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", markdown(sentence(c.Text)), markdown(sentence(c.Source)),
			markdown(claimedWords(c)), markdown(claimMeasured(c)), markdown(name(c.Outcome)))
	}
	if t.LeftOut == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s that this run doesn't check</summary>\n", number.Plural(t.LeftOut, "claim"))
	for _, g := range t.Left {
		fmt.Fprintf(b, "\n%s:\n\n", markdown(sentence(g.Source)))
		for _, c := range g.Claims {
			fmt.Fprintf(b, "- %s: %s: %s\n", markdown(sentence(c.Text)), markdown(name(c.Outcome)), markdown(sentence(c.Sentence)))
		}
	}
	b.WriteString("\n</details>\n")
}

// claims lists what became of the claims, or counts it.
func (t *terminal) claims(r *Report, all bool) {
	if len(r.Analysis.Claims) == 0 {
		return
	}
	t.b.WriteByte('\n')
	if !all {
		t.wrap("", "", "Claims: "+r.Claims.Counts+". The report has each; so does --claims.")
		return
	}
	t.line("Claims")
	for _, c := range r.Analysis.Claims {
		if !c.Checked() {
			continue
		}
		t.wrap("", "  ", fmt.Sprintf("%s: %s; measured %s", name(c.Outcome), sentence(c.Text), claimMeasured(c)))
	}
	if left := r.Claims.LeftOut; left > 0 {
		t.wrap("", "  ", number.Plural(left, "claim")+" not checked by this run; the report says why")
	}
}
