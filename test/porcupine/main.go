// Judges what clients of a cluster have seen: whether registers, counters and locks behaved as if each operation
// had happened at one moment between its begin and its end (Herlihy and Wing, "Linearizability: A Correctness
// Condition for Concurrent Objects", 1990). The checker is Porcupine.
//
// It reads a history as `npm run chaos -- --history FILE` writes it. It exits with 1 when a key did not behave so, or
// could not be decided, and says which.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"time"

	"github.com/anishathalye/porcupine"
)

// An event is a line of the history.
type event struct {
	Client    int     `json:"client"`
	Kind      string  `json:"kind"`
	Key       string  `json:"key"`
	Op        string  `json:"op"`
	Value     string  `json:"value"`
	Once      string  `json:"once"`
	Outcome   string  `json:"outcome"`
	Found     string  `json:"found"`
	BegunAtMs float64 `json:"begunAtMs"`
	EndedAtMs float64 `json:"endedAtMs"`
}

const decideWithin = 60 * time.Second

var models = map[string]porcupine.Model{
	"value":    {Init: nothing, Step: stepRegister, DescribeOperation: describe},
	"reaction": {Init: nothing, Step: stepRegister, DescribeOperation: describe},
	"lock":     {Init: nothing, Step: stepRegister, DescribeOperation: describe},
	"counter":  {Init: uncounted, Step: stepCounter, Equal: sameCounters, DescribeOperation: describe},
}

func nothing() interface{} { return "" }

// A register holds a text, empty for nothing; a lock is one that is only taken while it is empty.
func stepRegister(state, input, output interface{}) (bool, interface{}) {
	holds, asked, told := state.(string), input.(event), output.(event)
	isKnown := told.Outcome == "ok"
	switch asked.Op {
	case "read":
		return told.Found == holds, holds
	case "write":
		return true, asked.Value
	case "remove":
		return true, ""
	case "acquire":
		if told.Outcome == "held" {
			return holds != "", holds
		}
		if holds == "" {
			return true, asked.Value
		}
		return !isKnown, holds
	case "release":
		if told.Outcome == "held" {
			return holds != asked.Value, holds
		}
		if holds == asked.Value {
			return true, ""
		}
		return !isKnown, holds
	}
	panic("no operation of a register: " + asked.Op)
}

// A counter remembers what it has answered under each idempotency key.
type counter struct {
	total    int64
	isThere  bool
	answered map[string]int64
}

func uncounted() interface{} { return counter{} }

func stepCounter(state, input, output interface{}) (bool, interface{}) {
	counted, asked, told := state.(counter), input.(event), output.(event)
	if asked.Op == "read" {
		if !counted.isThere {
			return told.Found == "", counted
		}
		return told.Found == strconv.FormatInt(counted.total, 10), counted
	}
	if answer, isRepeat := counted.answered[asked.Once]; isRepeat && asked.Once != "" {
		return told.Outcome != "ok" || told.Found == strconv.FormatInt(answer, 10), counted
	}
	by, err := strconv.ParseInt(asked.Value, 10, 64)
	if err != nil {
		panic(err)
	}
	total := counted.total + by
	after := counter{total: total, isThere: true, answered: counted.answered}
	if asked.Once != "" {
		after.answered = make(map[string]int64, len(counted.answered)+1)
		for once, answer := range counted.answered {
			after.answered[once] = answer
		}
		after.answered[asked.Once] = total
	}
	return told.Outcome != "ok" || told.Found == strconv.FormatInt(total, 10), after
}

// Of one set of operations the totals are the same only if the answers are, but for who came first.
func sameCounters(one, other interface{}) bool {
	a, b := one.(counter), other.(counter)
	if a.total != b.total || a.isThere != b.isThere || len(a.answered) != len(b.answered) {
		return false
	}
	for once, answer := range a.answered {
		if known, isKnown := b.answered[once]; !isKnown || known != answer {
			return false
		}
	}
	return true
}

func describe(input, output interface{}) string {
	asked, told := input.(event), output.(event)
	return fmt.Sprintf("%s %s %s: %s %s", asked.Op, asked.Value, asked.Once, told.Outcome, told.Found)
}

func main() {
	byKey, err := readHistory()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	names := make([]string, 0, len(byKey))
	for name := range byKey {
		names = append(names, name)
	}
	sort.Strings(names)
	operations, wrong := 0, 0
	for _, name := range names {
		events := byKey[name]
		operations += len(events)
		result := porcupine.CheckOperationsTimeout(models[events[0].Kind], operationsOf(events), decideWithin)
		if result != porcupine.Ok {
			fmt.Printf("%s: %s, %d operations\n", name, result, len(events))
			wrong++
		}
	}
	fmt.Printf("%d operations of %d keys, %d keys are wrong\n", operations, len(names), wrong)
	if wrong > 0 || operations == 0 {
		os.Exit(1)
	}
}

func readHistory() (map[string][]event, error) {
	if len(os.Args) != 2 {
		return nil, fmt.Errorf("usage: porcupine FILE")
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read(bufio.NewScanner(file))
}

// What has come to nothing says nothing. What is cached may go at any time, and is judged elsewhere.
func read(lines *bufio.Scanner) (map[string][]event, error) {
	byKey := map[string][]event{}
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one event
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, fmt.Errorf("not a line of a history: %w", err)
		}
		if _, isJudged := models[one.Kind]; isJudged && one.Outcome != "failed" {
			name := one.Kind + " " + one.Key
			byKey[name] = append(byKey[name], one)
		}
	}
	return byKey, lines.Err()
}

func operationsOf(events []event) []porcupine.Operation {
	operations := make([]porcupine.Operation, len(events))
	for index, one := range events {
		end := nanoseconds(one.EndedAtMs)
		if one.Outcome == "unknown" {
			// It may still happen.
			end = math.MaxInt64
		}
		operations[index] = porcupine.Operation{
			ClientId: index, Input: one, Call: nanoseconds(one.BegunAtMs), Output: one, Return: end,
		}
	}
	return operations
}

func nanoseconds(ms float64) int64 { return int64(ms * 1e6) }
