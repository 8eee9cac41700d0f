package dashboards

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/contender"
)

var update = flag.Bool("update", false, "rewrite the dashboards")

// titles are those of tqbench's frameworks.
func titles(t *testing.T) map[string]string {
	t.Helper()
	c, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	return c.Titles()
}

// Grafana's JSON is what the code makes.
func TestTheFilesAreWhatTheCodeMakes(t *testing.T) {
	all, err := All(titles(t))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(all) && !*update {
		t.Errorf("%d files, %d dashboards", len(files), len(all))
	}
	for name, d := range all {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(d); err != nil {
			t.Fatal(err)
		}
		file := name + ".json"
		if *update {
			if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(got)); diff != "" {
			t.Errorf("%s: run go test ./monitor/dashboards -update:\n%s", file, diff)
		}
	}
}

// Each panel has a description and a unit, names its series, and asks the reader's Prometheus.
func TestEachPanelSaysWhatItShows(t *testing.T) {
	all, err := All(titles(t))
	if err != nil {
		t.Fatal(err)
	}
	uids := map[string]bool{}
	for name, d := range all {
		if d.Uid == nil || uids[*d.Uid] || d.Title == nil || d.Description == nil {
			t.Errorf("%s: its uid is not its own, or it has no title or description", name)
			continue
		}
		uids[*d.Uid] = true
		titles, places := map[string]bool{}, map[[2]uint32]bool{}
		for _, p := range d.Panels {
			if p.Panel == nil || p.Panel.Title == nil || p.Panel.Description == nil {
				t.Errorf("%s: a panel without a title or description", name)
				continue
			}
			title := *p.Panel.Title
			if titles[title] {
				t.Errorf("%s: two panels %q", name, title)
			}
			titles[title] = true
			if at := [2]uint32{p.Panel.GridPos.X, p.Panel.GridPos.Y}; places[at] {
				t.Errorf("%s: %q stands where another does", name, title)
			} else {
				places[at] = true
			}
			if p.Panel.FieldConfig == nil || p.Panel.FieldConfig.Defaults.Unit == nil || !strings.HasSuffix(*p.Panel.Description, ".") {
				t.Errorf("%s: %q has no unit or no sentence that describes it", name, title)
			}
			data, err := json.Marshal(p.Panel)
			if err != nil {
				t.Fatal(err)
			}
			var written struct {
				Datasource struct{ UID string }
				Targets    []struct {
					Expr, LegendFormat string
					Datasource         struct{ UID string }
				}
			}
			if err := json.Unmarshal(data, &written); err != nil {
				t.Fatal(err)
			}
			if written.Datasource.UID != "${datasource}" || len(written.Targets) == 0 {
				t.Errorf("%s: %q asks %q, %d times", name, title, written.Datasource.UID, len(written.Targets))
			}
			for _, q := range written.Targets {
				if q.LegendFormat == "" || q.Datasource.UID != "${datasource}" || !strings.Contains(q.Expr, "tqbench_") {
					t.Errorf("%s: %q has a query that isn't whole: %+v", name, title, q)
				}
			}
		}
	}
}

// strictly reads a YAML file that may only have into's fields.
func strictly(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "provisioning", file))
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		t.Errorf("%s: %v", file, err)
	}
}

func TestGrafanasProvisioning(t *testing.T) {
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			IsDefault                    bool              `yaml:"isDefault"`
			JSONData                     map[string]string `yaml:"jsonData"`
		}
	}
	strictly(t, "datasources/prometheus.yaml", &sources)
	if s := sources.Datasources; sources.APIVersion != 1 || len(s) != 1 || s[0].Type != "prometheus" || !s[0].IsDefault || s[0].URL != "${TQBENCH_PROMETHEUS_URL}" {
		t.Errorf("datasources: %+v", sources)
	}
	var providers struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Type      string
			DisableDeletion bool `yaml:"disableDeletion"`
			Options         struct{ Path string }
		}
	}
	strictly(t, "dashboards/tqbench.yaml", &providers)
	if p := providers.Providers; providers.APIVersion != 1 || len(p) != 1 || p[0].Type != "file" || p[0].Options.Path != "${TQBENCH_DASHBOARDS}" {
		t.Errorf("providers: %+v", providers)
	}
}
