package docs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/contender"
)

// The table of broker URLs has the cases that trial tries on real servers.
func TestTheTableOfURLsIsThatOfTheCases(t *testing.T) {
	catalog, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	isMade(t, "brokers.md", "<!-- urls -->\n", "<!-- end of urls -->\n", urlTable(catalog.Frameworks()))
}

func urlTable(frameworks []contender.Contender) string {
	var b strings.Builder
	b.WriteString("| URL | tqbench |")
	for _, f := range frameworks {
		fmt.Fprintf(&b, " %s |", f.Title())
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(frameworks)) + "\n")
	for _, c := range brokertest.WildURLs() {
		form, about, _ := strings.Cut(c.Form, ", ")
		form = "`" + strings.ReplaceAll(form, "|", `\|`) + "`"
		if about != "" {
			form += ", " + about
		}
		fmt.Fprintf(&b, "| %s | %s |", form, connects(c, brokertest.Harness))
		for _, f := range frameworks {
			cell := ""
			if slices.Contains(f.Brokers(), c.Broker) && c.Refused[brokertest.Harness] == "" {
				cell = connects(c, f.Framework())
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// connects is a cell of the table: yes, or the refusal.
func connects(c brokertest.WildURL, who string) string {
	if why := c.Refused[who]; why != "" {
		return "refused: " + why
	}
	if c.ToRoot != "" && who == brokertest.Harness {
		return "yes; refused to root: " + c.ToRoot
	}
	return "yes"
}
