"""Groups of English words that a reader can look for on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS: Mapping[str, tuple[str, ...]] = {
    "months": (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    "days": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "numbers": (
        *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "twenty", "thirty", "forty"),
        *("fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million"),
    ),
    "animals": (
        *("dog", "cat", "horse", "cow", "pig", "sheep", "goat", "rabbit", "mouse", "rat", "lion"),
        *("tiger", "bear", "wolf", "fox", "deer", "elephant", "monkey", "bird", "eagle", "duck"),
        *("chicken", "fish", "shark", "whale", "snake", "frog", "turtle", "spider", "bee"),
    ),
    "colours": (
        *("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white"),
        *("gray", "grey", "violet", "gold", "silver"),
    ),
    "countries": (
        *("France", "Germany", "Italy", "Spain", "Portugal", "Poland", "Russia", "China", "Japan"),
        *("India", "Korea", "Vietnam", "Australia", "Canada", "Mexico", "Brazil", "Argentina"),
        *("Chile", "Egypt", "Kenya", "Nigeria", "Turkey", "Iran", "Iraq", "Israel", "Greece"),
        *("Sweden", "Norway", "Denmark", "Finland", "Ireland", "Scotland", "England", "Ukraine"),
    ),
    "names": (
        *("John", "Mary", "James", "Robert", "Michael", "David", "William", "Richard", "Thomas"),
        *("Charles", "Daniel", "Matthew", "Anthony", "Mark", "Paul", "Steven", "Andrew", "Peter"),
        *("George", "Emma", "Sarah", "Emily", "Anna", "Elizabeth", "Jennifer", "Linda", "Susan"),
        *("Lisa", "Lucy", "Alice", "Jane", "Laura", "Maria", "Rachel", "Rebecca", "Sophia"),
    ),
    "code": (
        *("def", "return", "class", "import", "function", "const", "var", "void", "static"),
        *("public", "private", "struct", "lambda", "async", "await", "elif", "self", "null"),
        *("None", "True", "False", "int", "float", "bool", "printf", "println", "malloc"),
    ),
}
