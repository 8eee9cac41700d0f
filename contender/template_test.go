package contender

import (
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestTemplatesAreFilledIn(t *testing.T) {
	t.Parallel()
	v := values{"queue": "it's", "queues": []string{"a", "b"}, "concurrency": 10, "url": "redis://h:1/0"}
	for s, want := range map[string]string{
		"":                                  "",
		"plain":                             "plain",
		"$(queue)":                          "it's",
		"x-$(queue)-$(concurrency)":         "x-it's-10",
		"$(queues)":                         "a,b",
		"$(concurrency+2)":                  "12",
		"$(concurrency*4)":                  "40",
		"$(concurrency + 2 | least 50)":     "50",
		"$(concurrency|least 5)":            "10",
		"$(url|scheme sqla+mysql)":          "sqla+mysql://h:1/0",
		"name = $(queue|sql)":               "name = 'it''s'",
		"$ (queue) costs $5":                "$ (queue) costs $5",
		"wrong: $(nothing)":                 "unknown name $(nothing): choose from concurrency, queue, queues, url",
		"$(queue|table)":                    `"it's"`,
		"wrong: $(queue":                    "no closing parenthesis",
		"wrong: $(queue+1)":                 "queue is not a number",
		"wrong: $(concurrency+x)":           `"x" is not a number`,
		"wrong: $(concurrency|most 5)":      "unknown filter",
		"wrong: $(queue|least 5)":           "unknown filter",
		"wrong: $(concurrency|least many)":  `"many" is not a number`,
		"wrong: $(concurrency|scheme redi)": "unknown filter",
	} {
		got, err := v.text(s)
		if strings.HasPrefix(s, "wrong") {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", s, err, want)
			}
			continue
		}
		if got != want || err != nil {
			t.Errorf("%s: %q (%v), want %q", s, got, err, want)
		}
	}
	if words, err := v.texts([]string{"-Q", "$(queues...)", "$(concurrency)"}); strings.Join(words, " ") != "-Q a b 10" || err != nil {
		t.Error(words, err)
	}
	if _, err := v.texts([]string{"$(queue...)"}); err == nil {
		t.Error("a text was accepted as a list")
	}
}

// Objects of several parts merge, and a name alone keeps its type.
func TestObjectsOfPartsAreMerged(t *testing.T) {
	t.Parallel()
	v := values{"n": 3, "s": "x"}
	var whole any
	for _, text := range []string{
		`{a: {b: $(n), c: "$(n)"}, d: [1, "$(s)y", null], e: old}`,
		`{a: {c: {deep: true}, f: 1.5}, e: {new: "$(s)"}}`,
	} {
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(text), &node); err != nil {
			t.Fatal(err)
		}
		x, err := v.json(node.Content[0])
		if err != nil {
			t.Fatal(err)
		}
		whole = merged(whole, x)
	}
	data, err := json.Marshal(whole)
	if want := `{"a":{"b":3,"c":{"deep":true},"f":1.5},"d":[1,"xy",null],"e":{"new":"x"}}`; string(data) != want || err != nil {
		t.Errorf("%s (%v), want %s", data, err, want)
	}
}
