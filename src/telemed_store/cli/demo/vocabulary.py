"""The words and tables that the demonstration draws from. Changing or reordering an entry changes the demonstration."""

from __future__ import annotations

__all__ = ["FEMALE_NAMES", "MALE_NAMES", "PATTERNS", "SPECIALTIES", "STATES", "SURNAMES", "DailyHours", "WeeklyPattern"]

# Windows of one day, in local minutes after midnight; windows by ISO weekday.
Minutes = tuple[int, int]
DailyHours = tuple[Minutes, ...]
WeeklyPattern = dict[int, DailyHours]

FEMALE_NAMES: tuple[str, ...] = (
    *("Adriana", "Alice", "Ana", "Beatriz", "Bianca", "Camila", "Carolina", "Cecília", "Cláudia", "Débora"),
    *("Eduarda", "Fernanda", "Gabriela", "Helena", "Isabela", "Joana", "Júlia", "Larissa", "Letícia", "Luísa"),
    *("Manuela", "Márcia", "Maria", "Mariana", "Natália", "Patrícia", "Rafaela", "Renata", "Sônia", "Vitória"),
)
MALE_NAMES: tuple[str, ...] = (
    *("Alexandre", "André", "Antônio", "Arthur", "Bernardo", "Bruno", "Caio", "Carlos", "Daniel", "Davi"),
    *("Eduardo", "Felipe", "Francisco", "Gabriel", "Gustavo", "Heitor", "Henrique", "João", "José", "Leonardo"),
    *("Lucas", "Luiz", "Marcelo", "Mateus", "Miguel", "Paulo", "Pedro", "Rafael", "Thiago", "Vinícius"),
)
SURNAMES: tuple[str, ...] = (
    *("Almeida", "Alves", "Andrade", "Araújo", "Barbosa", "Barros", "Batista", "Borges", "Campos", "Cardoso"),
    *("Carvalho", "Castro", "Correia", "Costa", "Dias", "Farias", "Fernandes", "Ferreira", "Freitas", "Gomes"),
    *("Gonçalves", "Lima", "Lopes", "Machado", "Martins", "Melo", "Mendes", "Monteiro", "Moreira", "Nascimento"),
    *("Nunes", "Oliveira", "Pereira", "Ramos", "Ribeiro", "Rocha", "Santos", "Silva", "Souza", "Teixeira"),
)

# Name and code of the Brazilian classification of occupations (CBO 2002).
SPECIALTIES = (
    ("Clínica médica", "225125"),
    ("Medicina de família e comunidade", "225130"),
    ("Pediatria", "225124"),
    ("Cardiologia", "225120"),
    ("Dermatologia", "225135"),
    ("Psiquiatria", "225133"),
    ("Ginecologia e obstetrícia", "225250"),
    ("Neurologia", "225112"),
)

# States whose clocks are those of America/Sao_Paulo.
STATES: tuple[str, ...] = ("SP", "RJ", "MG", "PR", "RS", "SC", "ES", "GO", "DF")


def _week(weekdays: range, *hours: Minutes) -> WeeklyPattern:
    """The same hours, given in whole hours, on each of the weekdays."""
    return {weekday: tuple((start * 60, end * 60) for start, end in hours) for weekday in weekdays}


# Doctor n works by pattern n modulo 6. Every weekday has a doctor: the last pattern is on call all week.
PATTERNS: tuple[WeeklyPattern, ...] = (
    _week(range(1, 6), (8, 12), (13, 18)),
    _week(range(1, 6), (7, 13)),
    _week(range(1, 6), (12, 20)),
    _week(range(1, 6, 2), (8, 12), (13, 17)) | _week(range(6, 7), (8, 13)),
    _week(range(2, 7), (10, 14), (15, 19)),
    _week(range(1, 8), (7, 21)),
)
