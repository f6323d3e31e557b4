"""The words of the pages themselves, beside those of the trees. English is the key.

To add a language: a table here. A walk in a language without one keeps its own words, and the page
around them stays English and says so (``lang``), so that a screen reader changes its voice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

SOURCE = "en"
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "Skip to the content": "Aller au contenu",
        "Sign in": "Se connecter",
        "Sign out": "Se déconnecter",
        "Sign in with {provider}": "Se connecter avec {provider}",
        "Sign out at {provider} too": "Se déconnecter aussi de {provider}",
        "Name": "Identifiant",
        "Password": "Mot de passe",
        "You are not signed in": "Vous n’êtes pas connecté",
        "You are signed out.": "Vous êtes déconnecté.",
        "You were signed out, because nothing was asked for a while. Sign in again to go on where you were.": "Vous avez été déconnecté après un temps sans activité. Reconnectez-vous pour reprendre où vous en étiez.",
        "This name and this password do not belong together. Both are as you chose them: look at the capitals, and at the keyboard’s language.": "Cet identifiant et ce mot de passe ne vont pas ensemble. Vérifiez les majuscules et la langue du clavier.",
        "No role is written down for you here. Ask whoever looks after Fingerpost.": "Aucun rôle ne vous est attribué ici. Adressez-vous à la personne qui gère Fingerpost.",
        "Your account": "Votre compte",
        "Roles": "Rôles",
        "Teams": "Équipes",
        "Another password": "Un autre mot de passe",
        "Password now": "Mot de passe actuel",
        "New password": "Nouveau mot de passe",
        "Once more": "Encore une fois",
        "Change the password": "Changer le mot de passe",
        "At least {n} characters, of any kind: a few words in a row are good.": "Au moins {n} caractères, quels qu’ils soient : quelques mots à la suite conviennent bien.",
        "This is not the password that you have now": "Ce n’est pas votre mot de passe actuel",
        "The two are not the same": "Les deux ne sont pas identiques",
        "Too many tries failed: wait a moment, then try again": "Trop d’essais ont échoué : attendez un moment, puis réessayez",
        "You have another password. Everywhere else you are signed out.": "Votre mot de passe est changé. Partout ailleurs vous êtes déconnecté.",
        "Signed in elsewhere?": "Connecté ailleurs ?",
        "Sign out in every browser, this one too.": "Se déconnecter dans tous les navigateurs, celui-ci compris.",
        "Sign out everywhere": "Se déconnecter partout",
        "Too many tries failed. Wait {wait}, then try again.": "Trop d’essais ont échoué. Attendez {wait}, puis réessayez.",
        "Pages": "Pages",
        "Library": "Bibliothèque",
        "Walks": "Parcours",
        "Mistake": "Erreur",
        "Ended": "Terminé",
        "To do by hand": "À faire soi-même",
        "Read this out word for word": "À lire mot pour mot",
        "For you": "Pour vous",
        "Hint": "Conseil",
        "More about this": "En savoir plus",
        "This takes about {duration}.": "Cela prend environ {duration}.",
        "{n} seconds": "{n} secondes",
        "1 minute": "1 minute",
        "{n} minutes": "{n} minutes",
        "How did it go?": "Quel est le résultat ?",
        "What this needs": "Ce qu’il faut pour cela",
        "What came back, if so": "Ce qui a été obtenu, dans ce cas",
        "Tick each once it is done": "Cochez chaque point une fois fait",
        "optional": "facultatif",
        "Row {n}": "Ligne {n}",
        "Go on": "Continuer",
        "Back": "Retour",
        "At any time": "À tout moment",
        "So far": "Jusqu’ici",
        "Nothing has been answered yet.": "Rien n’a encore été répondu.",
        "Notes": "Notes",
        "Add a note": "Ajouter une note",
        "Keep the note": "Garder la note",
        "at": "à l’étape",
        "Language": "Langue",
        "Change": "Changer",
        "Change an answer": "Changer une réponse",
        "Change the answer to: {question}": "Changer la réponse à : {question}",
        "Change it": "Changer la réponse",
        "Leave it as it is": "Laisser comme c’était",
        "The answer now": "La réponse à présent",
        "What this changes": "Ce que cela change",
        "These answers are dropped": "Ces réponses sont abandonnées",
        "This is done once more, if the walk comes to it": "Ceci est refait, si le parcours y arrive",
        "This was done, and stays done": "Ceci a été fait, et le reste",
        "These answers stay": "Ces réponses restent",
        "These results stay": "Ces résultats restent",
        "This is asked next": "Question suivante",
        "The walk was changed meanwhile. This is what the change would do now.": "Le parcours a changé entre-temps. Voici ce que le changement ferait à présent.",
        "private": "privé",
        "erased": "effacé",
        "note": "note",
        "begun: {action}": "commencé : {action}",
        "begun again: {action}": "recommencé : {action}",
        "one step back": "une étape en arrière",
        "an answer was changed": "une réponse a été changée",
        "jumped to: {node}": "passé à : {node}",
        "language: {language}": "langue : {language}",
        "handed to: {team}": "transmis à : {team}",
        "parked": "mis en attente",
        "taken up again by {who}": "repris par {who}",
        "goes on in a new version of the tree": "continue dans une nouvelle version de l’arbre",
        "rated: {n}": "note donnée : {n}",
        "closed": "clos",
        "started {when}": "commencé le {when}",
        "personal values were erased on {when}": "les données personnelles ont été effacées le {when}",
        "Picture": "Image",
        "BACK": "RETOUR",
        "OK": "OK",
        "Yes": "Oui",
        "One moment, please.": "Un instant, s’il vous plaît.",
        "Reply {word} to go on.": "Répondez {word} pour continuer.",
        "Reply {word} to go back.": "Répondez {word} pour revenir en arrière.",
        "Reply with a number.": "Répondez par un numéro.",
        "Reply with a number from 1 to {n}.": "Répondez par un numéro de 1 à {n}.",
        "Reply with the numbers, like 1 3.": "Répondez par les numéros, par exemple 1 3.",
        "Reply with your answer.": "Répondez par votre réponse.",
        "Reply with a line for each, in this order; - leaves one out.": "Répondez par une ligne pour chaque point, dans cet ordre ; - en laisse un de côté.",
        "A letter takes you there at any time.": "Une lettre vous y mène à tout moment.",
        "{choice}: press {n}.": "{choice} : tapez {n}.",
        "{choice}: press star {n}.": "{choice} : tapez étoile {n}.",
        "To leave this out, press hash.": "Pour passer, tapez dièse.",
        "For yes, press 1. For no, press 2.": "Pour oui, tapez 1. Pour non, tapez 2.",
        "I did not understand that.": "Je n’ai pas compris.",
        "I still do not understand. Please call again, or ask for a person.": "Je ne comprends toujours pas. Rappelez, ou demandez à parler à quelqu’un.",
        "Record": "Dossier",
        "Transcript": "Transcription",
        "Path as CSV": "Chemin en CSV",
        "Events as JSON": "Événements en JSON",
        "That was not accepted yet": "Cela n’a pas encore été accepté",
        "You had written": "Vous aviez écrit",
        "The answer": "La réponse",
        "Outcome": "Résultat",
        "Goes to": "Transmis à",
        "Follow-ups": "Suites promises",
        "due {when}": "pour le {when}",
        "by {team}": "par {team}",
        "Walk it again": "Recommencer",
        "Back to the last step": "Revenir à la dernière étape",
        "Summary to copy": "Résumé à copier",
        "Steps": "Étapes",
        "Started": "Commencé",
        "Reference": "Référence",
        "That step is over. This is where the walk stands now.": "Cette étape est passée. Voici où en est le parcours.",
        "The walk was changed meanwhile. What you answered is still below: go on with it.": "Le parcours a changé entre-temps. Votre réponse est encore ci-dessous : continuez avec elle.",
        "Choose one of the answers": "Choisissez une des réponses",
        "please fill this in": "Veuillez remplir ce champ",
        "tick at least one of them": "Cochez au moins une réponse",
        "Tick each point once it is done": "Cochez chaque point une fois fait",
        "Reference of the case": "Référence du dossier",
        "Waiting for {team}": "En attente de {team}",
        "One moment": "Un instant",
        "This is being done. The page comes again by itself.": "C’est en cours. La page se recharge toute seule.",
        "Look now": "Regarder maintenant",
        "Do it by hand": "Le faire soi-même",
        "Notes can be written on the next step.": "Les notes s’écrivent à l’étape suivante.",
        "Look it up": "À vérifier",
        "We do not know whether this was done.": "Nous ne savons pas si cela a été fait.",
        "It was begun, and no result came. Look it up, then say how it went.": "Cela a été commencé, et aucun résultat n’est venu. Vérifiez, puis dites ce qu’il en est.",
        "What the other side may know it by:": "L’autre système le connaît peut-être sous :",
    },
}


def spoken(language: str) -> str:
    """The language of the pages around a walk in this one: its own, or English."""
    base = language.partition("-")[0]
    return base if base in WORDS else SOURCE


def direction(language: str) -> str:
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def translator(language: str) -> Callable[..., str]:
    """From English words, and what stands in their braces, to the language's."""
    table = WORDS.get(spoken(language), {})

    def say(words: str, **values: object) -> str:
        found = table.get(words, words)
        return found.format(**values) if values else found

    return say
