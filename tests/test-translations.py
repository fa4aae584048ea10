#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-translations.py VMTUNE XGETTEXT-ARGUMENT...: what is extracted for translation is what the
programs look up, translations are sound, and the command speaks Chinese where it was taught to."""
import gettext
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PO = TOP / 'po'
VMTUNE, XGETTEXT_ARGUMENTS = sys.argv[1], sys.argv[2:]
RULE_TEXTS = ('summary', 'reason', 'cost', 'device', 'finding/message', 'remedy/effect')
checks = failures = 0


def check(sentence, problems):
    """One line of TAP; what is in @problems is why it failed."""
    global checks, failures
    checks += 1
    print(f'{"not ok" if problems else "ok"} {checks} - {sentence}')
    for problem in problems:
        print(f'#   {problem}')
    failures += bool(problems)


def skip(sentence, why):
    global checks
    checks += 1
    print(f'ok {checks} - {sentence} # SKIP {why}')


def run(*command, **environment):
    """Output and complaints of a command."""
    done = subprocess.run(command, cwd=TOP, text=True, capture_output=True, check=False,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8', **environment})
    return done.stdout, done.stderr


def listed(name):
    lines = (PO / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def rule_files():
    """Rules, profiles and causes: all have texts for people in them."""
    return sorted(path.relative_to(TOP) for folder in ('data/rules', 'data/profiles', 'data/causes')
                  for path in (TOP / folder).rglob('*.xml'))


def as_loaded(text):
    """What vt_reader_take_text() in src/rules/reader.c makes of a text."""
    return re.sub('[ \t\n\v\f\r]+', ' ', text).strip(' ')


def texts_of_rules(names=RULE_TEXTS):
    texts = {}
    for path in rule_files():
        root = ElementTree.parse(TOP / path).getroot()
        for name in names:
            texts.update({as_loaded(element.text): path for element in root.findall(name)})
    return texts


def catalog(po, folder):
    """Text -> translation, through msgfmt, as gettext sees it. Formats such as %<PRIu64>, which mean
    another thing on each machine and are kept apart for that, are those of one machine here."""
    mo, plain = folder / 'catalog.mo', folder / 'catalog.po'
    plain.write_text(re.sub(r'%<PRI([a-z])\d+>', r'%ll\1', po.read_text()))
    subprocess.run(['msgfmt', '-o', mo, plain], check=True)
    with open(mo, 'rb') as file:
        entries = gettext.GNUTranslations(file)._catalog
    entries.pop('', None)
    return entries


def facts_in(text):
    return sorted(re.findall(r'\{[a-z][a-z0-9_.]*\}', text))


def formats_in(text):
    return sorted(re.findall(r'%[-+#0]*[\d*]*(?:\.[\d*]+)?[hlzjt]*[a-zA-Z]',
                             re.sub(r'%\d+\$', '%', text.replace('%%', ''))))


def extract(files, folder, name):
    """The texts in these files, and xgettext's complaints."""
    listing, pot, full = folder / 'files', folder / f'{name}.pot', folder / f'{name}.po'
    listing.write_text('\n'.join(map(str, files)) + '\n')
    _, complaints = run('xgettext', *XGETTEXT_ARGUMENTS, f'--files-from={listing}',
                        f'--output={pot}', '--package-name=vmtune', GETTEXTDATADIRS=str(PO))
    if not pot.exists():
        return {}, complaints
    pot.write_text(pot.read_text().replace('charset=CHARSET', 'charset=UTF-8'))
    subprocess.run(['msgen', '-o', full, pot], check=True)
    return catalog(full, folder), complaints


def check_extraction(folder):
    sources = [path.relative_to(TOP) for folder in ('src', 'hooks')
               for path in (TOP / folder).rglob('*.c')
               if re.search(r'\bN?_\(', path.read_text())]
    wanted = {str(path) for path in sources + rule_files()}
    there = listed('POTFILES.in')
    check('POTFILES.in names every file with messages, and no other',
          [f'missing: {name}' for name in sorted(wanted - set(there))]
          + [f'has no messages: {name}' for name in sorted(set(there) - wanted)]
          + [f'twice: {name}' for name in sorted({n for n in there if there.count(n) > 1})])
    everything, complaints = extract(sorted(wanted), folder, 'all')
    check('xgettext reads all of them without a word', complaints.splitlines())
    # it knows PRIu64 and its like; at any other macro, such as GLib's, it takes the text for ended
    check('no message breaks off at the macro of a format',
          [text for text in everything if text.replace('%%', '').endswith('%')])
    extracted, _ = extract(rule_files(), folder, 'rules')
    asked = texts_of_rules()
    check('every text of a rule is extracted as the loader asks gettext for it',
          [f'{asked[text]}: {text}' for text in asked if text not in extracted])
    check('nothing else is extracted from rules',
          [text for text in extracted if text not in asked])


def entries(kind, po):
    """The texts of the entries that are fuzzy, obsolete or untranslated."""
    option = '--untranslated' if kind == 'untranslated' else f'--only-{kind}'
    left, _ = run('msgattrib', option, '--no-wrap', po)
    quoted = re.findall(r'^(?:#~ )?msgid ((?:(?:#~ )?".*"\n)+)', left, re.M)
    return [text for text in (''.join(re.findall('"(.*)"', lines)) for lines in quoted) if text]


def check_language(language, folder):
    po, merged = PO / f'{language}.po', folder / 'merged.po'
    check(f'{language} passes msgfmt --check',
          run('msgfmt', '--check', '-o', os.devnull, po)[1].splitlines())
    for kind in ('fuzzy', 'obsolete', 'untranslated'):
        check(f'{language} has no {kind} entry', entries(kind, po))
    run('msgmerge', '--quiet', '--no-fuzzy-matching', f'--output-file={merged}', po,
        folder / 'all.pot')
    check(f'{language} has every text there is', entries('untranslated', merged))
    translated = {text: there for text, there in catalog(po, folder).items() if there}
    check(f'{language} names the same facts as the English text',
          [f'{text} -> {there}' for text, there in translated.items()
           if facts_in(text) != facts_in(there)])
    check(f'{language} formats the same values as the English text',
          [f'{text} -> {there}' for text, there in translated.items()
           if formats_in(text) != formats_in(there)])
    return translated


def find_locale(folder):
    """A locale that gettext translates in: any but C and POSIX. Newer glibc counts C.UTF-8 as C."""
    for name in run('locale', '-a')[0].split():
        if re.search(r'utf-?8$', name, re.I) and not name.startswith(('C.', 'POSIX')):
            return {'LC_ALL': name}
    made = folder / 'zh_CN.UTF-8'
    if shutil.which('localedef') and not subprocess.run(
            ['localedef', '-i', 'zh_CN', '-f', 'UTF-8', made], capture_output=True,
            check=False).returncode:
        return {'LC_ALL': 'zh_CN.UTF-8', 'LOCPATH': str(folder)}
    return {'LC_ALL': 'C.UTF-8'}


def check_chinese(translated, folder):
    where = folder / 'zh_CN/LC_MESSAGES'
    where.mkdir(parents=True)
    subprocess.run(['msgfmt', '-o', where / 'vmtune.mo', PO / 'zh_CN.po'], check=True)
    environment = {'LANGUAGE': 'zh_CN', 'VMTUNE_LOCALEDIR': str(folder),
                   'VMTUNE_DATADIR': str(TOP / 'data'), 'VMTUNE_CONFDIR': str(folder / 'conf')}
    chinese = {**environment, **find_locale(folder)}
    usage = 'Usage: vmtune COMMAND [OPTION...] [ARGUMENT...]'
    if translated[usage] not in run(VMTUNE, '--help', **chinese)[0]:
        if chinese['LC_ALL'] == 'C.UTF-8':
            skip('the command speaks Chinese', 'no locale but C here, and none could be made')
            return
    for command in (['rules'], ['facts', '--list'], ['--help']):
        english, _ = run(VMTUNE, *command, **environment, LC_ALL='C')
        output, _ = run(VMTUNE, *command, **chinese)
        there = [text for text in translated
                 if re.search(f'(?:^|  ){re.escape(text)}$', english, re.M)]
        check(f'vmtune {" ".join(command)} prints {len(there)} texts in Chinese',
              [text for text in there if translated[text] not in output] or
              ([] if there else ['none at all']))
    drawing = ('map', '--ascii', '--host', str(TOP / 'tests/hosts/hybrid-4p4e'))
    output, _ = run(VMTUNE, *drawing, **chinese)
    english, _ = run(VMTUNE, *drawing, **environment, LC_ALL='C')
    check('a map in ASCII speaks English instead of question marks',
          [] if english and output == english else [output])
    output, _ = run(VMTUNE, 'rules', **{**chinese, 'LC_ALL': 'C'})
    check('it speaks English in the C locale, as the hook does',
          re.findall('.*[\u4e00-\u9fff].*', output))


def main():
    if not all(map(shutil.which, ('xgettext', 'msgfmt', 'msgen', 'msgattrib', 'msgmerge'))):
        print('1..0 # SKIP no gettext tools here')
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_extraction(folder)
        for language in listed('LINGUAS'):
            translated = check_language(language, folder)
            if language == 'zh_CN':
                check_chinese(translated, folder)
    print(f'1..{checks}')
    return failures > 0


if __name__ == '__main__':
    sys.exit(main())
