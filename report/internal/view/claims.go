package view

import (
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
		words = append(words, fmt.Sprintf("%s %s", Name(o), number.Count(int64(count[o]))))
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

// ClaimedWords is what is claimed, with its unit; nothing of a claim that no figure is checked of.
func ClaimedWords(c analysis.Claim) string {
	if c.Bound == "" && c.Unit == "" {
		return "-"
	}
	bound := number.Exact(c.Claimed)
	if c.Bound != "" {
		words := strings.Fields(Name(c.Bound))
		for i, w := range words {
			if v, err := strconv.ParseFloat(w, 64); err == nil {
				words[i] = number.Exact(v)
			}
		}
		bound = strings.Join(words, " ")
	}
	return strings.TrimSpace(bound + " " + Name(c.Unit))
}

// ClaimMeasured is what was measured of a claim.
func ClaimMeasured(c analysis.Claim) string {
	if !c.Checked() {
		return "-"
	}
	return fmt.Sprintf("%s (%s)", withUnit(c.Measured, c.Unit), number.Span(c.Low, c.High))
}

func withUnit(v float64, unit string) string {
	return strings.TrimSpace(number.Short(v) + " " + Name(unit))
}
